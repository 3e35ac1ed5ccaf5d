"""What is done to one function. Each looks before it acts: done twice is done once, also after a lost answer.

Errors of one function are HandlerFailed in words; `StillChanging` and a moved revision mean that somebody else, or a
lost answer of our own, was faster: look again.
"""

import time
from dataclasses import dataclass, replace

from aws.access import Account as Door
from aws.errors import NotFound, PreconditionFailed, StillChanging
from aws.functions import (
    Function,
    alias_revision,
    get_function,
    publish_version,
    switch_alias,
    update_code,
)
from deployments.models import CodeCopy, HandlerChange
from deployments.steps.fleets.crew import HandlerFailed
from deployments.steps.fleets.reach import ALIAS

LOOK_SECONDS = 0.5
SETTLED_WITHIN = 120.0
LOOKS = 3
"""So many times an update is begun anew because the function moved under it."""


@dataclass(frozen=True)
class Left:
    """How a function was left: the code callers get or will get, and what AWS says of its configuration.

    `error` says why its handler failed all the same.
    """

    function: Function
    version: str = ""
    error: str = ""


def code_of(door: Door, name: str) -> Function:
    """A function when no update of it is under way. Raises HandlerFailed when it is gone or does not settle."""
    until = time.monotonic() + SETTLED_WITHIN
    while True:
        try:
            function = get_function(door, name)
        except NotFound as gone:
            raise HandlerFailed(
                f"There is no function {name} in account {door.account_id} any more."
            ) from gone
        if function.status != "InProgress":
            return function
        if time.monotonic() > until:
            raise HandlerFailed(
                f"{name} has been updating for {SETTLED_WITHIN:.0f} s. Look at it in AWS, then retry."
            )
        time.sleep(LOOK_SECONDS)


def bring_back(door: Door, name: str, change: HandlerChange, code: CodeCopy | None) -> Function:
    """Have `$LATEST` hold the code that the deployment found there."""
    before = change.before or {}
    found, architecture = before["sha256"], before.get("architecture") or change.architecture
    if code is not None:
        return bring_code(door, name, change, code, found, architecture)
    function = code_of(door, name)
    if function.sha256 != found:
        raise HandlerFailed(
            f"The code that {name} had before lies in no bucket any more, so it cannot be put back."
        )
    return function


def bring_code(
    door: Door, name: str, change: HandlerChange, code: CodeCopy, sha256: str, architecture: str
) -> Function:
    """Have `$LATEST` hold this code for this architecture, if it holds what the deployment found there, or this already."""
    for _ in range(LOOKS):
        function = code_of(door, name)
        if _holds(function, sha256, architecture):
            return function
        _refuse_foreign(name, change, function)
        try:
            _update(door, name, code, function, architecture)
        except (PreconditionFailed, StillChanging):
            continue
        function = code_of(door, name)
        if function.status == "Failed":
            raise HandlerFailed(f"AWS could not take over the code of {name}: {function.reason.rstrip('.')}.")
        if _holds(function, sha256, architecture):
            return function
    raise _changing(name)


def _holds(function: Function, sha256: str, architecture: str) -> bool:
    return (function.sha256, function.architecture) == (sha256, architecture) and function.status != "Failed"


def _update(door: Door, name: str, code: CodeCopy, function: Function, architecture: str) -> None:
    update_code(
        door,
        name,
        bucket=code.bucket,
        key=code.key,
        version_id=code.version_id,
        architecture=architecture,
        revision=function.revision,
    )


def _refuse_foreign(name: str, change: HandlerChange, function: Function) -> None:
    """What is there must be what was found when the deployment began, or this deployment's own."""
    expected = {change.sha256, (change.before or {}).get("sha256")}
    if function.sha256 not in expected:
        raise HandlerFailed(
            f"{name} was edited by hand since this deployment began: it holds code that nobody planned to replace. "
            "Nothing was written to it. Promote anew to see it in the plan."
        )


def prepare(door: Door, name: str, change: HandlerChange, code: CodeCopy) -> Left:
    """Publish a version with the new code. AWS: unchanged code and configuration publish no second one."""
    for _ in range(LOOKS):
        function = bring_code(door, name, change, code, change.sha256, change.architecture)
        try:
            return Left(function, _publish(door, name, change, function).version)
        except (PreconditionFailed, StillChanging):
            continue
    raise _changing(name)


def _publish(door: Door, name: str, change: HandlerChange, function: Function) -> Function:
    text = f"deployment {change.deployment_id}"
    return publish_version(door, name, sha256=change.sha256, revision=function.revision, description=text)


def switch(door: Door, name: str, change: HandlerChange) -> Left:
    """Have the alias name the prepared version, if it names what was found, or that already."""
    wanted = _version(door, name, change.version)
    if wanted.sha256 != change.sha256:
        raise HandlerFailed(
            f"Version {change.version} of {name} holds other code than was deployed: the function was made anew since. "
            "Its alias was left as it is. Look at the fleet, then promote anew."
        )
    _move_alias(door, name, change.version, expected=(change.before or {}).get("live", ""))
    return Left(wanted)


def switch_back(door: Door, name: str, change: HandlerChange) -> Left:
    """Have the alias name what it named before, unless somebody else moved it since."""
    found = (change.before or {}).get("live", "")
    if not found:
        raise HandlerFailed(f"{name} had no alias {ALIAS} before, so there is nothing to put back.")
    _move_alias(door, name, found, expected=change.version, deleted=True)
    return Left(_version(door, name, found))


def _version(door: Door, name: str, number: str) -> Function:
    try:
        return get_function(door, name, number)
    except NotFound as gone:
        raise HandlerFailed(
            f"Version {number} of {name} is gone. Look at the fleet, then promote anew, which publishes its code again."
        ) from gone


def _move_alias(door: Door, name: str, version: str, *, expected: str, deleted: bool = False) -> None:
    """Have the alias name `version`, if it names that or what is `expected` (empty: no alias) at the moment of the write.

    With `deleted` one that somebody deleted is made anew.
    """
    live = named_by_alias(door, name)
    for _ in range(LOOKS):
        named = live.version if live else ""
        if live and named == version:
            return None
        if named != expected and not (deleted and live is None):
            raise _moved(name, live)
        try:
            return switch_alias(door, name, ALIAS, version, revision=live.revision if live else "")
        except (PreconditionFailed, StillChanging):
            live = _named_now(door, name)
    raise _changing(name)


def _named_now(door: Door, name: str) -> Function | None:
    """What the alias names, with the revision that AWS asked to look up."""
    live = named_by_alias(door, name)
    return replace(live, revision=alias_revision(door, name, ALIAS)) if live else None


def _moved(name: str, live: Function | None) -> HandlerFailed:
    what = f"moved by hand to version {live.version}" if live else "deleted by hand"
    return HandlerFailed(
        f"The alias {ALIAS} of {name} was {what} since this deployment began. It was left as it is."
    )


def _changing(name: str) -> HandlerFailed:
    return HandlerFailed(
        f"{name} is being changed by somebody else at the same time. Agree who does, then retry."
    )


def named_by_alias(door: Door, name: str) -> Function | None:
    """The version that the alias names, None without an alias."""
    try:
        return get_function(door, name, ALIAS)
    except NotFound:
        return None


def served(door: Door, name: str, *, by_alias: bool) -> Function:
    """What callers get."""
    found = named_by_alias(door, name) if by_alias else code_of(door, name)
    if found is None:
        raise HandlerFailed(f"{name} has no alias {ALIAS}, through which the API calls it.")
    return found
