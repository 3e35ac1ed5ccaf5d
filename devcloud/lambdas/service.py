"""The front of Lambda: the limits, and which function does an operation."""

from collections.abc import Callable, Mapping

from devcloud import restjson
from devcloud.errors import AwsError, not_implemented
from devcloud.lambdas import code, functions, versions
from devcloud.lambdas.call import LambdaCall
from devcloud.lambdas.state import Lambdas, Shown
from devcloud.operations import operation_model
from devcloud.s3.store import Bucket
from devcloud.settings import Settings
from devcloud.wire import Reply, Request

OPERATIONS: Mapping[str, Callable[[LambdaCall], Shown]] = {
    "ListFunctions": functions.list_functions,
    "GetFunction": functions.get_function,
    "GetFunctionConfiguration": functions.get_function_configuration,
    "DeleteFunction": functions.delete_function,
    "GetAccountSettings": functions.get_account_settings,
    "CreateFunction": code.create_function,
    "UpdateFunctionCode": code.update_function_code,
    "UpdateFunctionConfiguration": code.update_function_configuration,
    "PublishVersion": versions.publish_version,
    "ListVersionsByFunction": versions.list_versions_by_function,
    "CreateAlias": versions.create_alias,
    "GetAlias": versions.get_alias,
    "UpdateAlias": versions.update_alias,
    "DeleteAlias": versions.delete_alias,
    "ListAliases": versions.list_aliases,
}


def handle(request: Request, lambdas: Lambdas, buckets: Mapping[str, Bucket], settings: Settings) -> Reply:
    """Carry out one Lambda call. Raises AwsError for every refusal."""
    if code.is_location(request.raw_path):
        return code.download(request, lambdas)
    account = request.principal.account
    if not account:
        raise AwsError("MissingAuthenticationTokenException", 403, "Missing Authentication Token")
    lambdas.limits.admit(account, request.region, request.operation, settings.lambda_rate, request.now)
    function = OPERATIONS.get(request.operation)
    if function is None:
        raise not_implemented("lambda", request.operation)
    model = operation_model("lambda", request.operation)
    params = restjson.parse(request, model)
    return restjson.render(model, function(LambdaCall(request, params, lambdas, buckets, settings)))
