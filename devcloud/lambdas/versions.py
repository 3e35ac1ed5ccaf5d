"""Versions, which never change, and aliases, which name them."""

import re
from typing import Any

from devcloud.errors import AwsError
from devcloud.lambdas.call import LambdaCall, invalid
from devcloud.lambdas.code import check_storage
from devcloud.lambdas.state import LATEST, Alias, Function, Shown, new_revision

_ALIAS_NAME = re.compile(r"(?!\d+$)[\w-]{1,128}", re.ASCII)


def publish_version(call: LambdaCall) -> Shown:
    """AWS: only from the code and the revision that the caller names, when it names them."""
    function = call.idle_function()
    call.check_revision(function.latest.revision)
    given, actual = call.params.get("CodeSha256"), function.latest.code.sha256
    if given not in (None, actual):
        raise invalid(
            f"CodeSHA256 ({given}) is different from current CodeSHA256 in $LATEST ({actual}). "
            "Please try again with the CodeSHA256 in $LATEST."
        )
    check_storage(call, function.latest.code.size)
    version = function.publish(call.now, call.params.get("Description"))
    return function.shown_whole(version, version.number)


def list_versions_by_function(call: LambdaCall) -> Shown:
    """AWS: `$LATEST` first, then the versions by number, in pages of 50."""
    function = call.function()
    numbers = {f"{int(number):012}": number for number in function.versions}
    numbers[""] = LATEST

    def show(key: str) -> Shown:
        return function.shown(function.snapshot(numbers[key]), numbers[key])

    return call.page("Versions", sorted(numbers), show)


def create_alias(call: LambdaCall) -> Shown:
    """AWS: a name that is taken is 409; a version that is not there is 404."""
    function, name = call.function(), call.params["Name"]
    if _ALIAS_NAME.fullmatch(name) is None:
        raise invalid(f"An alias is named by letters, digits, - and _, and not by a number: {name}")
    if name in function.aliases:
        message = f"Alias already exists: {function.arn}:{name}"
        raise AwsError("ResourceConflictException", 409, message, fields={"Type": "User"})
    number = _existing(function, call.params["FunctionVersion"])
    routing = call.params.get("RoutingConfig", {})
    alias = Alias(name, number, call.params.get("Description", ""), routing)
    function.aliases[name] = alias
    return _shown(function, alias)


def update_alias(call: LambdaCall) -> Shown:
    """AWS: what is not named stays; every update makes a new revision id."""
    function = call.function()
    alias = _alias(call, function)
    call.check_revision(alias.revision)
    alias.number = _existing(function, call.params.get("FunctionVersion", alias.number))
    alias.description = call.params.get("Description", alias.description)
    alias.routing = call.params.get("RoutingConfig", alias.routing)
    alias.revision = new_revision()
    return _shown(function, alias)


def get_alias(call: LambdaCall) -> Shown:
    function = call.function()
    return _shown(function, _alias(call, function))


def delete_alias(call: LambdaCall) -> Shown:
    """AWS: deleting an alias that is not there is no error."""
    call.function().aliases.pop(call.params["Name"], None)
    return {}


def list_aliases(call: LambdaCall) -> Shown:
    function, wanted = call.function(), call.params.get("FunctionVersion")
    names = sorted(
        name for name, alias in function.aliases.items() if wanted is None or alias.number == wanted
    )
    return call.page("Aliases", names, lambda name: _shown(function, function.aliases[name]))


def _existing(function: Function, number: str) -> str:
    """AWS: an alias names a version or `$LATEST`, never another alias."""
    if number != LATEST and not number.isdigit():
        raise invalid(f"FunctionVersion must be a number or $LATEST, not {number}")
    return function.snapshot(number).number


def _alias(call: LambdaCall, function: Function) -> Alias:
    name = call.params["Name"]
    if name not in function.aliases:
        message = f"Cannot find alias arn: {function.arn}:{name}"
        raise AwsError("ResourceNotFoundException", 404, message, fields={"Type": "User"})
    return function.aliases[name]


def _shown(function: Function, alias: Alias) -> dict[str, Any]:
    return {
        "AliasArn": f"{function.arn}:{alias.name}",
        "Name": alias.name,
        "FunctionVersion": alias.number,
        "Description": alias.description,
        "RevisionId": alias.revision,
        **({"RoutingConfig": alias.routing} if alias.routing else {}),
    }
