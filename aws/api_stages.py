"""The stages of an API: what callers reach, and what the targets of its integrations mean by a stage's variables."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws.access import Account
from aws.api_address import DEFAULT_STAGE, Place, listed, place_of
from aws.errors import NotFound, Subject, Unresolved

REST, HTTP = "apigateway", "apigatewayv2"
VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of an API by name and in words, and the variables that its calls, or a share of them, have."""

    name: str
    title: str
    subject: Subject
    variables: Mapping[str, str]

    def fill(self, targets: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Each target as it is written and with the variables' values. Raises Unresolved for a variable that is not set.

        AWS: a call whose target has a variable that its stage lacks fails; nothing is put in its place.
        """
        missing = {target: _missing(target, self.variables) for target in targets}
        if any(missing.values()):
            raise Unresolved(self.subject, message=self._lacking(missing))
        for target in targets:
            yield target, VARIABLE.sub(lambda found: self.variables[found[1]], target)

    def _lacking(self, missing: Mapping[str, Sequence[str]]) -> str:
        names = sorted({name for names in missing.values() for name in names})
        where = listed(sorted({shown(target) for target, names in missing.items() if names}))
        many = len(names) > 1
        return (
            f"{self.title} has no variable{'s' if many else ''} {listed(names)}, so it cannot be told what the API calls "
            f"as {where}. Set {'them' if many else 'it'} on the stage in AWS, or name the functions without "
            f"{'them' if many else 'it'}, then look at the fleet again."
        )


def shown(target: str) -> str:
    """A target as short as it can be recognized: the function as it is written there."""
    function = target.rpartition(":function:")[2].rpartition("/functions/")[2]
    return function.partition("/invocations")[0].partition("/response-streaming-invocations")[0]


def _missing(target: str, variables: Mapping[str, str]) -> list[str]:
    return [name for name in VARIABLE.findall(target) if name not in variables]


def service_of(account: Account, api_id: str) -> str:
    """The version of API Gateway that has the API: each knows only its own kind. Raises NotFound when none has."""
    try:
        account.read(REST, "GetRestApi", api_id, restApiId=api_id)
    except NotFound:
        account.read(HTTP, "GetApi", api_id, ApiId=api_id)
        return HTTP
    return REST


def stages(account: Account, service: str, place: Place) -> list[Stage]:
    """The stage that the address means, once for each set of variables that calls of it have.

    `service` is the one that has the API. Raises Unresolved when the address means no stage that is there, or one whose
    design AWS does not tell.
    """
    # AWS: `$default` serves an HTTP API's addresses without a stage; a REST API cannot have it.
    names = [name for name in place.stages if service == HTTP or name != DEFAULT_STAGE]
    for name in names:
        try:
            answer = _get(account, service, place.api_id, name)
        except NotFound:
            continue
        return list(_told(account, service, place.api_id, name, answer))
    raise Unresolved(
        _subject(account, service, place.api_id), message=_no_stage(account, place.api_id, names)
    )


def _get(account: Account, service: str, api_id: str, name: str) -> dict[str, Any]:
    api = (
        {"ApiId": api_id, "StageName": name} if service == HTTP else {"restApiId": api_id, "stageName": name}
    )
    return account.read(service, "GetStage", f"{api_id}/{name}", **api)


def _told(
    account: Account, service: str, api_id: str, name: str, answer: Mapping[str, Any]
) -> Iterator[Stage]:
    title = f"Stage {name} of API {api_id} in {place_of(account)},"
    subject = _subject(account, service, f"{api_id}/{name}")
    variables = answer.get("StageVariables" if service == HTTP else "variables", {})
    yield Stage(name, title, subject, variables)
    canary = _canary(answer)
    if canary.get("deploymentId", answer.get("deploymentId")) != answer.get("deploymentId"):
        raise Unresolved(subject, message=_two_designs(title, canary))
    if changed := canary.get("stageVariableOverrides"):
        yield Stage(name, f"{title} for its canary", subject, {**variables, **changed})


def _canary(stage: Mapping[str, Any]) -> Mapping[str, Any]:
    """AWS: a canary takes a share of a REST API's calls, with values of its own for some of the variables, and often by
    a deployment of its own. Without a share it takes none."""
    settings: Mapping[str, Any] = stage.get("canarySettings", {})
    return settings if settings.get("percentTraffic") else {}


def _two_designs(title: str, canary: Mapping[str, Any]) -> str:
    return (
        f"{title} sends {canary['percentTraffic']:g} % of its calls to a canary of another deployment, and AWS does not "
        "tell what that one calls. Promote or delete the canary in AWS, then look at the fleet again."
    )


def _subject(account: Account, service: str, resource: str) -> Subject:
    return Subject(service, "GetStage", account.account_id, resource)


def _no_stage(account: Account, api_id: str, names: Sequence[str]) -> str:
    api = f"API {api_id} in {place_of(account)},"
    if not names:
        return (
            f"The address names no stage of {api} and callers reach nothing else. "
            "Add the stage to the API origin in the environment's settings, or to the domain's mapping in AWS."
        )
    return (
        f"{api} has no stage {' and none '.join(names)}. "
        "Correct the API origin in the environment's settings, or the domain's mapping in AWS."
    )
