"""What the front of every service does: find the function of an operation, read its parameters, spell its result."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from devcloud import query, restjson, restxml
from devcloud.errors import JSON_SERVICES, AwsError, not_implemented
from devcloud.operations import operation_model
from devcloud.wire import Reply, Request

Result = dict[str, Any]
C = TypeVar("C")


def carry_out(
    request: Request, operations: Mapping[str, Callable[[C], Result]], call: Callable[[Result], C]
) -> Reply:
    """Carry out one call; `call` makes of its parameters what the functions take. Raises AwsError for every refusal."""
    service, speaks_json = request.service, request.service in JSON_SERVICES
    function = operations.get(request.operation)
    if function is None:
        raise not_implemented(service, request.operation)
    if not request.principal.account:
        code = "MissingAuthenticationTokenException" if speaks_json else "MissingAuthenticationToken"
        raise AwsError(code, 403, "Missing Authentication Token")
    model = operation_model(service, request.operation)
    if model.service_model.metadata["protocol"] == "query":
        return query.render(model, function(call(query.parse(request, model))), request.request_id)
    if speaks_json:
        return restjson.render(model, function(call(restjson.parse(request, model))))
    return restxml.render(model, function(call(restxml.parse(request, model))))
