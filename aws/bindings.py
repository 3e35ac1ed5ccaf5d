"""API Gateway: which functions an API calls, and by which version or alias."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from aws.access import Account
from aws.api_address import find_api
from aws.api_stages import HTTP, VARIABLE, Stage, service_of, shown, stages
from aws.errors import Unresolved
from aws.functions import LATEST

# AWS: a target that streams its answer ends in another action.
FUNCTION = re.compile(
    r":function:(?P<name>[\w-]+)(:(?P<qualifier>[^/:]+))?(/(response-streaming-)?invocations)?$"
)
INTEGRATION = "x-amazon-apigateway-integration"
LAMBDA = re.compile(r"arn:[^:]+:(lambda:|apigateway:[^:]*:lambda:path/[^/]+/functions/)")


def bindings(account: Account, api_origin: str, prefix: str = "") -> dict[str, str]:
    """What the API at this address calls: by a function's name the qualifier, empty for `$LATEST`.

    Only functions whose names begin with `prefix`. One that is called by several qualifiers is under the first of them,
    `$LATEST` before any alias. It is what callers of the stage get: the design as it was deployed there, which later
    changes of the API do not touch. Raises Unresolved when it cannot be told which API or which functions are called,
    and NotFound when the account has no such API.
    """
    place = find_api(account, api_origin)
    service = service_of(account, place.api_id)
    meant = stages(account, service, place)
    targets = _targets(account, service, place.api_id, meant[0].name)
    ours = [target for target in targets if _may_call(target, prefix)]
    found: dict[str, set[str]] = defaultdict(set)
    for stage in meant:
        for name, qualifier in _called(stage, ours):
            if name.startswith(prefix):
                found[name].add(qualifier.replace(LATEST, ""))
    return {name: min(qualifiers) for name, qualifiers in found.items()}


def _called(stage: Stage, targets: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The names and qualifiers that the targets mean on a stage.

    AWS: a variable may hold a part of a name, a name with its qualifier, or a whole ARN.
    """
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


def _targets(account: Account, service: str, api_id: str, stage: str) -> list[str]:
    """The targets of the API's integrations, as the stage has them, in whole and in one call.

    AWS: an export of a stage is its deployment; GetResources and GetIntegrations tell a design that may not be deployed.
    """
    resource = f"{api_id}/{stage}"
    if service == HTTP:
        wanted = {"ApiId": api_id, "StageName": stage, "Specification": "OAS30", "OutputType": "JSON"}
        text = account.download(service, "ExportApi", resource, "body", **wanted)
    else:
        # AWS: without the parameter the export leaves integrations out.
        wanted = {
            "restApiId": api_id,
            "stageName": stage,
            "exportType": "oas30",
            "accepts": "application/json",
        }
        more = {"parameters": {"extensions": "integrations"}}
        text = account.download(service, "GetExport", resource, "body", **wanted, **more)
    return [uri for each in _integrations(json.loads(text)) if (uri := each.get("uri"))]


def _integrations(design: Any) -> Iterator[dict[str, Any]]:
    """AWS: an integration is an extension of the method, or for an HTTP API one of the components that methods name."""
    if isinstance(design, dict):
        if isinstance(own := design.get(INTEGRATION), dict):
            yield own
        if isinstance(shared := design.get(f"{INTEGRATION}s"), dict):
            yield from shared.values()
        design = list(design.values())
    for each in design if isinstance(design, list) else ():
        yield from _integrations(each)
