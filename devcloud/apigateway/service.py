"""The front of API Gateway: two versions that sign alike and differ in their paths."""

from devcloud import restjson
from devcloud.apigateway import http, rest
from devcloud.apigateway.state import Gateways
from devcloud.errors import not_implemented
from devcloud.operations import model_name, operation_model
from devcloud.wire import Reply, Request

OPERATIONS = {"apigateway": rest.OPERATIONS, "apigatewayv2": http.OPERATIONS}


def handle(request: Request, held: Gateways) -> Reply:
    """Carry out one call to API Gateway. Raises AwsError for every refusal."""
    version = model_name(request)
    function = OPERATIONS[version].get(request.operation)
    if function is None:
        raise not_implemented(version, request.operation)
    model = operation_model(version, request.operation)
    return restjson.render(model, function(request, restjson.parse(request, model), held))
