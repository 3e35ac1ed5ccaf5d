"""What the front of every service does: find the function of an operation, read its parameters, spell its result."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from devcloud import query, restjson, restxml
from devcloud.errors import AwsError, not_implemented, speaks_json
from devcloud.operations import operation_model
from devcloud.wire import Reply, Request

Result = dict[str, Any]
C = TypeVar("C")


def carry_out(
    request: Request, operations: Mapping[str, Callable[[C], Result]], call: Callable[[Result], C]
) -> Reply:
    """Carry out one call; `call` makes of its parameters what the functions take. Raises AwsError for every refusal."""
    service, in_json = request.service, speaks_json(request)
    function = operations.get(request.operation)
    if function is None:
        raise not_implemented(service, request.operation)
    if not request.principal.account:
        code = "MissingAuthenticationTokenException" if in_json else "MissingAuthenticationToken"
        raise AwsError(code, 403, "Missing Authentication Token")
    model = operation_model(service, request.operation)
    if model.service_model.metadata["protocol"] == "query" or (service == "monitoring" and not in_json):
        return query.render(model, function(call(query.parse(request, model))), request.request_id)
    if in_json:
        return restjson.render(model, function(call(restjson.parse(request, model))))
    return restxml.render(model, function(call(restxml.parse(request, model))))
