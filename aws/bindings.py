"""API Gateway: which functions an API calls, and by which version or alias."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from aws.access import Account
from aws.api_address import Place, find_api
from aws.errors import NotFound, Unresolved
from aws.functions import LATEST
from aws.stage_variables import VARIABLE, Stage, shown, stages

# AWS: a target that streams its answer ends in another action.
FUNCTION = re.compile(
    r":function:(?P<name>[\w-]+)(:(?P<qualifier>[^/:]+))?(/(response-streaming-)?invocations)?$"
)
LAMBDA = re.compile(r"arn:[^:]+:(lambda:|apigateway:[^:]*:lambda:path/[^/]+/functions/)")


def bindings(account: Account, api_origin: str, prefix: str = "") -> dict[str, str]:
    """What the API at this address calls: by a function's name the qualifier, empty for `$LATEST`.

    Only functions whose names begin with `prefix`. One that is called by several qualifiers is under the first of them,
    `$LATEST` before any alias. AWS: for a REST API this is its present design, and a stage serves the design of its last
    deployment. Raises Unresolved when it cannot be told which API or which functions are called, and NotFound when the
    account has no such API.
    """
    place = find_api(account, api_origin)
    service, targets = _targets(account, place.api_id)
    ours = [target for target in targets if _may_call(target, prefix)]
    found: dict[str, set[str]] = defaultdict(set)
    for name, qualifier in _called(account, service, place, ours):
        if name.startswith(prefix):
            found[name].add(qualifier.replace(LATEST, ""))
    return {name: min(qualifiers) for name, qualifiers in found.items()}


def _called(
    account: Account, service: str, place: Place, targets: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """The names and qualifiers that the targets mean. The stage is read only where one has a variable of it."""
    fixed = [target for target in targets if not VARIABLE.search(target)]
    for target in fixed:
        yield from _function(target)
    if variable := [target for target in targets if VARIABLE.search(target)]:
        for stage in stages(account, service, place):
            yield from _filled(stage, variable)


def _filled(stage: Stage, targets: Sequence[str]) -> Iterator[tuple[str, str]]:
    """AWS: a variable may hold a part of a name, a name with its qualifier, or a whole ARN."""
    for target, meant in stage.fill(targets):
        found = list(_function(meant))
        if not found and LAMBDA.match(meant):
            raise Unresolved(stage.subject, message=_no_function(stage, target))
        yield from found


def _function(target: str) -> Iterator[tuple[str, str]]:
    if function := FUNCTION.search(target):
        yield function["name"], function["qualifier"] or ""


def _may_call(target: str, prefix: str) -> bool:
    """Whether the target may be a function of ours: what it says before its first variable does not contradict that."""
    if not VARIABLE.search(target):
        return FUNCTION.search(target) is not None
    if not (LAMBDA.match(target) or VARIABLE.match(target)):
        return False
    known = VARIABLE.split(target.partition(":function:")[2])[0].partition(":")[0]
    return known.startswith(prefix) or prefix.startswith(known)


def _no_function(stage: Stage, target: str) -> str:
    return (
        f"{stage.title} has variables by which the target {shown(target)} of its API is the name of no function. "
        "Correct their values in AWS, then look at the fleet again."
    )


def _targets(account: Account, api_id: str) -> tuple[str, list[str]]:
    """The targets of a REST API, or else of an HTTP API, and the service that has it: each knows only its own."""
    try:
        return "apigateway", list(_rest(account, api_id))
    except NotFound:
        return "apigatewayv2", list(_http(account, api_id))


def _rest(account: Account, api_id: str) -> Iterator[str]:
    """AWS: at most 500 resources a page; their methods are told only when asked for."""
    page: dict[str, Any] = {"restApiId": api_id, "embed": ["methods"], "limit": 500}
    while True:
        answer = account.read("apigateway", "GetResources", api_id, **page)
        for resource in answer.get("items", ()):
            for method in resource.get("resourceMethods", {}).values():
                yield method.get("methodIntegration", {}).get("uri", "")
        if not answer.get("position"):
            return
        page["position"] = answer["position"]


def _http(account: Account, api_id: str) -> Iterator[str]:
    page: dict[str, Any] = {"ApiId": api_id}
    while True:
        answer = account.read("apigatewayv2", "GetIntegrations", api_id, **page)
        for integration in answer.get("Items", ()):
            yield integration.get("IntegrationUri", "")
        if not answer.get("NextToken"):
            return
        page["NextToken"] = answer["NextToken"]
