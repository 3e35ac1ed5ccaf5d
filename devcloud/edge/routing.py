"""Which distribution, which behaviour, which path: everything before the cache is asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from devcloud.cloudfront.config import behaviors
from devcloud.cloudfront.state import Distribution

LOCAL = ".localhost"


@dataclass(frozen=True)
class Host:
    """The host a browser asked for. `name` is without port and `.localhost`; `local` says that it had it."""

    name: str
    port: str
    local: bool

    @property
    def origin(self) -> str:
        """Scheme, host and port for an address that this client can follow."""
        if not self.local:
            return f"https://{self.name}"
        return f"http://{self.name}{LOCAL}" + (f":{self.port}" if self.port else "")

    def renamed(self, name: str) -> "Host":
        return Host(name, self.port, self.local)


@dataclass(frozen=True)
class Redirect:
    """A routing function's answer instead of a path."""

    location: str


def read_host(header: str) -> Host:
    name, _, port = header.lower().partition(":")
    return Host(name.removesuffix(LOCAL).rstrip("."), port, name.endswith(LOCAL))


def find_distribution(distributions: Iterable[Distribution], name: str, now: float) -> Distribution | None:
    """The distribution that answers for a host name; None when there is none. Aliases count once deployed."""
    for each in distributions:
        config = each.edge_config(now)
        if config is None or not config["Enabled"]:
            continue
        if each.domain == name or name in config["Aliases"].get("Items", []):
            return each
    return None


def find_behavior(config: dict[str, Any], path: str) -> dict[str, Any]:
    """AWS: behaviours are tried in their order, the first whose pattern matches wins, the default is last."""
    for behavior in behaviors(config)[:-1]:
        if _matches(path, behavior["PathPattern"]):
            return behavior
    return behaviors(config)[-1]


def _matches(path: str, pattern: str) -> bool:
    absolute = pattern if pattern.startswith(("/", "*")) else f"/{pattern}"
    return fnmatchcase(path, absolute.replace("[", "[[]"))


def route(behavior: dict[str, Any], host: Host, path: str, query: str) -> str | Redirect:
    """Run the behaviour's viewer-request function.

    The emulated cloud runs no JavaScript: a function whose name ends in `app-routing` or `static-routing` is one
    of the two that the console knows, any other leaves the path alone.
    """
    functions = [
        each["FunctionARN"]
        for each in behavior["FunctionAssociations"].get("Items", [])
        if each["EventType"] == "viewer-request"
    ]
    if any(arn.endswith("app-routing") for arn in functions):
        return _route_app(path)
    if any(arn.endswith("static-routing") for arn in functions):
        return _route_static(host, path, query)
    return path


def _route_app(path: str) -> str:
    return path if "." in path.rsplit("/", 1)[-1] else "/index.html"


def _route_static(host: Host, path: str, query: str) -> str | Redirect:
    tail = f"?{query}" if query else ""
    if host.name.startswith("www."):
        return Redirect(host.renamed(host.name.removeprefix("www.")).origin + path + tail)
    if path.endswith("/"):
        return path + "index.html"
    if "." not in path.rsplit("/", 1)[-1]:
        return Redirect(f"{path}/{tail}")
    return path
