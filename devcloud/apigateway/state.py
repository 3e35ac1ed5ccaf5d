"""What API Gateway holds: APIs with their targets and stages, and custom domain names with their mappings."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from devcloud.errors import AwsError
from devcloud.wire import Request

REST, HTTP = "REST", "HTTP"
EDGE, REGIONAL = "EDGE", "REGIONAL"
DEFAULT_STAGE = "$default"
PAGE, LARGEST_PAGE = 25, 500


@dataclass
class Stage:
    """A stage of an API. `targets` are those of its deployment; `canary`: the percentage of calls with other values, and
    these."""

    targets: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    canary: tuple[float, dict[str, str]] = (0.0, {})


@dataclass
class Api:
    """One API of a kind: its targets by resource path, as an integration writes them, and its stages by name.

    AWS: the targets are the design; a stage has those of the design when it was last deployed there.
    """

    id: str
    kind: str
    account: str
    region: str
    targets: dict[str, str] = field(default_factory=dict)
    stages: dict[str, Stage] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"api {self.id}"

    def deploy(self) -> None:
        """Bring the design to all stages."""
        for stage in self.stages.values():
            stage.targets = dict(self.targets)


@dataclass(frozen=True)
class PathMapping:
    """What a domain calls below `path`, "" being all others; without a stage callers name it after the path."""

    path: str
    api: str
    stage: str


@dataclass
class Domain:
    """A custom domain name. `routing` is a mode by version 2's names."""

    name: str
    account: str
    region: str
    endpoint: str = REGIONAL
    routing: str = "API_MAPPING_ONLY"
    mappings: list[PathMapping] = field(default_factory=list)


@dataclass
class Gateways:
    """All that API Gateway holds. AWS: a custom domain name is unique within a Region across all accounts."""

    apis: dict[str, Api] = field(default_factory=dict)
    domains: dict[tuple[str, str], Domain] = field(default_factory=dict)

    def api(self, request: Request, api_id: str, kind: str) -> Api:
        """AWS: each of the two services knows the APIs of its own kind, account and Region only."""
        api = self.apis.get(api_id)
        if api is None or api.kind != kind or (api.account, api.region) != place(request):
            raise AwsError("NotFoundException", 404, "Invalid API identifier specified")
        return api

    def domain(self, request: Request, name: str) -> Domain:
        """AWS: a domain of another account or Region is not found."""
        domain = self.domains.get((request.region, name))
        if domain is None or domain.account != request.principal.account:
            raise AwsError("NotFoundException", 404, "Invalid domain name identifier specified")
        return domain


Operation = Callable[[Request, Mapping[str, Any], Gateways], dict[str, Any]]


def place(request: Request) -> tuple[str, str]:
    return request.principal.account, request.region


def stage_of(api: Api, name: str) -> Stage:
    """AWS: NotFoundException for a stage that the API does not have."""
    if name not in api.stages:
        raise AwsError("NotFoundException", 404, "Invalid stage identifier specified")
    return api.stages[name]


def cut(items: Sequence[Any], start: str | None, size: str | int | None) -> tuple[Sequence[Any], str | None]:
    """A page, and where the next one starts. AWS: 25 at a time unless asked for up to 500."""
    first, many = int(start or 0), min(int(size or PAGE), LARGEST_PAGE)
    more = str(first + many) if first + many < len(items) else None
    return items[first : first + many], more


def design(targets: Mapping[str, str], *, integrations: bool) -> bytes:
    """An API as an OpenAPI document. AWS: with its integrations only where they are asked for."""
    paths = {
        path: {"x-amazon-apigateway-any-method": _method(uri, integrations)} for path, uri in targets.items()
    }
    return json.dumps({"openapi": "3.0.1", "paths": paths}).encode()


def _method(uri: str, integrations: bool) -> dict[str, Any]:
    shown = {"x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": uri}}
    return {"responses": {}, **(shown if integrations else {})}
