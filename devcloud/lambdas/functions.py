"""Reading and deleting functions, and what an account uses."""

from devcloud.errors import AwsError
from devcloud.lambdas.call import LambdaCall, invalid
from devcloud.lambdas.code import MAX_DIRECT, MAX_UNZIPPED, location, used_bytes
from devcloud.lambdas.state import LATEST, Function, Shown


def list_functions(call: LambdaCall) -> Shown:
    """AWS: in pages of 50, with environment variables, without State and LastUpdateStatus."""
    functions = call.functions
    for each in functions.values():
        each.settle(call.now)
    return call.page(
        "Functions", sorted(functions), lambda name: functions[name].shown(functions[name].latest)
    )


def get_function(call: LambdaCall) -> Shown:
    """AWS: the only read that shows the state, with a link to the code."""
    function = call.function()
    snapshot = function.snapshot(call.qualifier)
    return {
        "Configuration": function.shown_whole(snapshot, call.qualifier),
        "Code": {"RepositoryType": "S3", "Location": location(call, function, snapshot)},
        "Tags": {},
    }


def get_function_configuration(call: LambdaCall) -> Shown:
    function = call.function()
    return function.shown_whole(function.snapshot(call.qualifier), call.qualifier)


def delete_function(call: LambdaCall) -> Shown:
    """AWS: with a number only that version goes, unless an alias names it; without one the whole function goes."""
    function = call.function()
    if call.qualifier is None:
        del call.functions[function.name]
        return {}
    if call.qualifier == LATEST:
        raise invalid("$LATEST version cannot be deleted without deleting the function.")
    if not call.qualifier.isdigit():
        raise invalid("Deletion of aliases is not currently supported.")
    function.snapshot(call.qualifier)
    _check_unnamed(function, call.qualifier)
    del function.versions[call.qualifier]
    return {}


def _check_unnamed(function: Function, number: str) -> None:
    names = [
        alias.name
        for alias in function.aliases.values()
        if number == alias.number or number in alias.routing.get("AdditionalVersionWeights", {})
    ]
    if names:
        message = f"Unable to delete version because the following aliases reference it: [{', '.join(names)}]"
        raise AwsError("ResourceConflictException", 409, message, fields={"Type": "User"})


def get_account_settings(call: LambdaCall) -> Shown:
    """AWS: 75 GB of code for an account in a Region, all versions together."""
    limit = {
        "TotalCodeSize": int(call.settings.lambda_storage_bytes),
        "CodeSizeUnzipped": MAX_UNZIPPED,
        "CodeSizeZipped": MAX_DIRECT,
        "ConcurrentExecutions": 1000,
        "UnreservedConcurrentExecutions": 1000,
    }
    usage = {"TotalCodeSize": used_bytes(call), "FunctionCount": len(call.functions)}
    return {"AccountLimit": limit, "AccountUsage": usage}
