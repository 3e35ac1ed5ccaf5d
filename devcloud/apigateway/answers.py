"""What callers of an API get: by the address and the path to a stage's target, and what the function behind it says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devcloud.apigateway.metrics import publish
from devcloud.apigateway.state import DEFAULT_STAGE, HTTP, Api, Domain, Gateways, Stage
from devcloud.cloudwatch.numbers import Numbers
from devcloud.errors import AwsError
from devcloud.lambdas.running import find, invoke
from devcloud.lambdas.state import Lambdas

OWN = re.compile(r"([a-z0-9]+)\.execute-api\.([a-z0-9-]+)\.amazonaws\.com")
FUNCTION = re.compile(r"arn:aws:lambda:[^/]+:function:[\w-]+(:[\w$-]+)?")
VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")
PREFIX, HEALTH = "/api", "/health"
BROKEN = {"message": "Internal server error"}
Answered = tuple[int, Mapping[str, Any], float]
"""Status, what the JSON of the body says, and how many milliseconds it took."""


@dataclass(frozen=True)
class Place:
    """A stage of an API, and the path that a call has below it."""

    api: Api
    stage: str
    path: str

    @property
    def there(self) -> Stage | None:
        return self.api.stages.get(self.stage)

    @property
    def resource(self) -> str:
        """The path without `/api`, which CloudFront leaves in."""
        return self.path.removeprefix(PREFIX)


def locate(held: Gateways, host: str, path: str) -> Place | None:
    """The stage that a call to this address reaches; None where there is no such API."""
    own = OWN.fullmatch(host)
    if own is None:
        return _mapped(held, host, path)
    api = held.apis.get(own[1])
    return _staged(api, path) if api and api.region == own[2] else None


def _staged(api: Api, path: str) -> Place:
    """AWS: the first part of the path is the stage, but for the default stage of an HTTP API."""
    first, _, rest = path.removeprefix("/").partition("/")
    if api.kind == HTTP and first not in api.stages:
        return Place(api, DEFAULT_STAGE, path)
    return Place(api, first, f"/{rest}")


def _mapped(held: Gateways, host: str, path: str) -> Place | None:
    """AWS: of a custom domain name's mappings the longest whose path a call begins with."""
    domains = [domain for (_, name), domain in held.domains.items() if name == host]
    found = [(each, domain) for domain in domains for each in domain.mappings if _below(path, each.path)]
    mapping, _ = max(found, key=lambda pair: len(pair[0].path), default=(None, Domain("", "", "")))
    if mapping is None:
        return None
    api, rest = held.apis[mapping.api], path.removeprefix(f"/{mapping.path}") if mapping.path else path
    return Place(api, mapping.stage, rest) if mapping.stage else _staged(api, rest)


def _below(path: str, key: str) -> bool:
    return not key or path == f"/{key}" or path.startswith(f"/{key}/")


def answer(held: Gateways, lambdas: Lambdas, numbers: Numbers, host: str, path: str, now: float) -> Answered:
    """What a call gets: 502 without an API, 404 for a path that its stage does not have, else what the function says.

    `/api/health` says itself that the API is there.
    """
    place = locate(held, host, path)
    if place is None:
        return 502, {"message": f"No API answers at {host}"}, 0.0
    status, told, took = _called(place, lambdas, numbers, now)
    publish(numbers, place.api, place.stage, now, status, took)
    return status, told, took or 0.0


def _called(
    place: Place, lambdas: Lambdas, numbers: Numbers, now: float
) -> tuple[int, Mapping[str, Any], float | None]:
    stage = place.there
    if stage is None:
        return 403, {"message": "Forbidden"}, None
    if place.resource == HEALTH:
        return 200, {"ok": True, "path": place.path}, None
    target = stage.targets.get(place.resource)
    if target is None:
        return 404, {"message": "Not Found"}, None
    return _invoked(stage, target, lambdas, numbers, now)


def _invoked(
    stage: Stage, target: str, lambdas: Lambdas, numbers: Numbers, now: float
) -> tuple[int, Mapping[str, Any], float | None]:
    """AWS: 500 where the target names no function that is there, 502 where the function fails."""
    named = FUNCTION.search(VARIABLE.sub(lambda found: stage.variables.get(found[1], ""), target))
    if named is None:
        return 500, BROKEN, None
    try:
        function, qualifier = find(lambdas, named[0])
        outcome = invoke(lambdas, numbers, function, qualifier, now)
    except AwsError:
        return 500, BROKEN, None
    if outcome.failed:
        return 502, BROKEN, outcome.milliseconds
    return 200, {"handler": function.name, "version": outcome.version}, outcome.milliseconds
