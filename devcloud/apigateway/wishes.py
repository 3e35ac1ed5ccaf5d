"""What tests ask of API Gateway over the control address: other targets, variables of a stage, HTTP APIs, domains.

Only what AWS could hold: everything else is refused.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from devcloud.apigateway.seed import target
from devcloud.apigateway.state import (
    DEFAULT_STAGE,
    EDGE,
    HTTP,
    REGIONAL,
    REST,
    Api,
    Domain,
    Gateways,
    PathMapping,
    Stage,
)

NAME, VALUE = re.compile(r"\w+"), re.compile(r"[A-Za-z0-9\-._~:/?#&=,]+")
PATH = re.compile(r"[A-Za-z0-9$\-_.+!*'()/]{0,300}")
ROUTING = ("API_MAPPING_ONLY", "ROUTING_RULE_ONLY", "ROUTING_RULE_THEN_API_MAPPING")
Wish = Mapping[str, Any]


def change(held: Gateways, what: str, wish: Wish) -> None:
    """Raises ValueError for a wish that makes no sense or that AWS would refuse."""
    if what not in WISHES:
        raise ValueError(f"no /apigateway/{what}. Known: {', '.join(sorted(WISHES))}")
    try:
        WISHES[what](held, wish)
    except KeyError as error:
        raise ValueError(f"missing in the wish or not there: {error}") from error


def set_targets(held: Gateways, wish: Wish) -> None:
    """`{api, function, deploy}`: all integrations call `function`, in which `{name}` stands for the handler's name; on all
    stages too, unless `deploy` is false."""
    api = held.apis[wish["api"]]
    for path in api.targets:
        function = str(wish["function"]).replace("{name}", path.strip("/"))
        api.targets[path] = target(api.account, api.region, function)
    if wish.get("deploy", True):
        api.deploy()


def put_stage(held: Gateways, wish: Wish) -> None:
    """`{api, stage, variables, percent, changed}`; the last two are of a canary. A new stage gets the design."""
    api = held.apis[wish["api"]]
    if (api.kind == REST and wish["stage"] == DEFAULT_STAGE) or (api.kind == HTTP and wish.get("percent")):
        raise ValueError("AWS: only an HTTP API has the stage $default, and only a REST API a canary")
    variables, changed = _variables(wish.get("variables", {})), _variables(wish.get("changed", {}))
    deployed = api.stages.get(wish["stage"], Stage(dict(api.targets))).targets
    api.stages[wish["stage"]] = Stage(deployed, variables, (float(wish.get("percent", 0)), changed))


def put_http_api(held: Gateways, wish: Wish) -> None:
    """`{id, account, region, targets}`: an HTTP API with these integrations and the stage `$default`."""
    targets = {f"/{number:04}": str(each) for number, each in enumerate(wish["targets"])}
    stages = {DEFAULT_STAGE: Stage(targets)}
    held.apis[wish["id"]] = Api(wish["id"], HTTP, wish["account"], wish["region"], targets, stages)


def put_domain(held: Gateways, wish: Wish) -> None:
    """`{name, account, region, endpoint, routing, mappings: [{path, api, stage}]}`."""
    domain = Domain(
        wish["name"],
        wish["account"],
        wish["region"],
        _one_of(wish.get("endpoint", REGIONAL), (REGIONAL, EDGE)),
        _one_of(wish.get("routing", ROUTING[0]), ROUTING),
    )
    held.domains[domain.region, domain.name] = domain
    for each in wish.get("mappings", ()):
        domain.mappings.append(_mapping(held, domain, each))


def _mapping(held: Gateways, domain: Domain, wish: Wish) -> PathMapping:
    """AWS: to an API and a stage of the same account and Region, each path once; an edge-optimized domain takes REST APIs
    below one segment only, and only to a REST API may the stage be left to callers."""
    api, path, stage = held.apis[wish["api"]], str(wish.get("path", "")), str(wish.get("stage", ""))
    if (api.account, api.region) != (domain.account, domain.region):
        raise ValueError("AWS: a domain is mapped to APIs of its own account and Region")
    if domain.endpoint == EDGE and (api.kind != REST or "/" in path):
        raise ValueError("AWS: an edge-optimized domain is mapped to REST APIs, by one segment")
    if not PATH.fullmatch(path) or path in {each.path for each in domain.mappings}:
        raise ValueError(f"AWS: no path of a mapping, or mapped already: {path}")
    if stage not in api.stages and (stage or api.kind != REST):
        raise ValueError(f"AWS: the API has no such stage: {stage}")
    return PathMapping(path, api.id, stage)


def _variables(wish: Wish) -> dict[str, str]:
    """AWS: names of letters, digits and underscores; values never empty and of certain characters."""
    for name, value in wish.items():
        if not NAME.fullmatch(name) or not VALUE.fullmatch(str(value)):
            raise ValueError(f"AWS: no name or value of a stage variable: {name}={value}")
    return {name: str(value) for name, value in wish.items()}


def _one_of(value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(f"{value} is none of {', '.join(known)}")
    return value


WISHES: Mapping[str, Callable[[Gateways, Wish], None]] = {
    "targets": set_targets,
    "stage": put_stage,
    "http": put_http_api,
    "domain": put_domain,
}
