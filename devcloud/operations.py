"""The AWS name of an operation, found by the service's own model in botocore."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from devcloud.wire import Request

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from botocore.model import OperationModel, ServiceModel

MODEL_NAMES = {"monitoring": "cloudwatch", "email": "ses", "tagging": "resourcegroupstaggingapi"}
UNKNOWN = "Unknown"


@dataclass(frozen=True)
class Route:
    """How a request of one operation looks: its path, and what must be in query and headers."""

    name: str
    path: re.Pattern[str]
    query: frozenset[str]
    pairs: tuple[tuple[str, str], ...]
    headers: frozenset[str]

    @property
    def weight(self) -> int:
        return len(self.query) + len(self.headers)

    def fits(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        return (
            self.query <= query.keys()
            and all(query[name] == value for name, value in self.pairs)
            and all(name in headers for name in self.headers)
            and self.path.fullmatch(path) is not None
        )


@cache
def _loader() -> "Loader":
    # botocore takes half a second to import: the process says that it is ready first.
    from botocore.loaders import Loader

    return Loader(include_default_search_paths=True)


@cache
def service_model(service: str) -> "ServiceModel | None":
    """The botocore model of a service by its signing name; None when there is no such service."""
    from botocore.model import ServiceModel

    name = MODEL_NAMES.get(service, service)
    if name not in _loader().list_available_services("service-2"):
        return None
    return ServiceModel(_loader().load_service_model(name, "service-2"), name)


def warm_up() -> None:
    """Read the models that every test and demo needs, so that the first call does not wait for them."""
    for service in ("sts", "s3", "cloudfront", "lambda", "apigateway", "route53"):
        _routes(service)


def operation_model(service: str, operation: str) -> "OperationModel":
    model = service_model(service)
    if model is None:
        raise LookupError(service)
    return model.operation_model(operation)


def model_name(request: Request) -> str:
    """The botocore model of a request. AWS: both versions of API Gateway sign alike and differ in their paths."""
    version_2 = request.service == "apigateway" and request.raw_path.startswith("/v2/")
    return "apigatewayv2" if version_2 else request.service


def operation_of(request: Request) -> str:
    """Return the operation's name, or `Unknown`."""
    routes = _routes(model_name(request))
    if not routes:
        return _named_in_request(request)
    for route in routes.get(request.method, ()):
        if route.fits(request.raw_path, request.query, request.headers):
            return route.name
    return UNKNOWN


def _named_in_request(request: Request) -> str:
    """What services that are not REST say themselves: JSON by header, CBOR by path, query by a form field."""
    target = request.header("x-amz-target")
    if target is not None:
        return target.rsplit(".", 1)[-1]
    if "/operation/" in request.raw_path:
        return request.raw_path.rsplit("/", 1)[-1]
    return (dict(request.query) | dict(parse_qsl(request.body.decode(errors="replace")))).get(
        "Action", UNKNOWN
    )


@cache
def _routes(service: str) -> Mapping[str, tuple[Route, ...]]:
    model = service_model(service)
    if model is None or not model.metadata["protocol"].startswith("rest"):
        return {}
    by_method: dict[str, list[Route]] = {}
    for name in model.operation_names:
        operation = model.operation_model(name)
        if not operation.deprecated:
            by_method.setdefault(operation.http["method"], []).append(_route(operation))
    return {
        method: tuple(sorted(routes, key=lambda route: -route.weight)) for method, routes in by_method.items()
    }


def _route(operation: "OperationModel") -> Route:
    path, _, query = operation.http["requestUri"].partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    required = _required(operation)
    return Route(
        name=operation.name,
        path=path_pattern(path),
        query=frozenset(name for name, _ in pairs) | required["querystring"],
        pairs=tuple((name, value) for name, value in pairs if value),
        headers=required["header"],
    )


def _required(operation: "OperationModel") -> dict[str, frozenset[str]]:
    shape: Any = operation.input_shape
    found: dict[str, set[str]] = {"querystring": set(), "header": set()}
    for member in shape.required_members if shape is not None else ():
        how = shape.members[member].serialization
        if how.get("location") in found:
            found[how["location"]].add(how["name"].lower() if how["location"] == "header" else how["name"])
    return {place: frozenset(names) for place, names in found.items()}


def path_pattern(path: str) -> re.Pattern[str]:
    """The regular expression of a model's path, with a group for each label."""
    parts = re.split(r"(\{[^}]+\})", path.rstrip("/") or "/")
    text = "".join(_part_pattern(part) for part in parts)
    return re.compile(text if text == "/" else text + "/?")


def _part_pattern(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    # A tag's label has a hyphen, which a group's name cannot have.
    name = part.strip("{}").removesuffix("+").replace("-", "_")
    return f"(?P<{name}>{'.+' if part.endswith('+}') else '[^/]+'})"
