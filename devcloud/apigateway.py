"""API Gateway, as far as the console looks at it: which function each method of a REST API calls."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from devcloud import restjson
from devcloud.errors import AwsError, not_implemented
from devcloud.estate import Backend
from devcloud.lambdas.seed import ALIAS
from devcloud.operations import operation_model
from devcloud.wire import Reply, Request

PAGE, LARGEST_PAGE = 25, 500


@dataclass
class RestApi:
    """One REST API: the functions that its methods call, by resource path, and its stage."""

    id: str
    account: str
    region: str
    stage: str
    integrations: dict[str, str] = field(default_factory=dict)


def seeded_apis(backends: Iterable[Backend], handlers: Iterable[str]) -> dict[str, RestApi]:
    """One API for each address in the estate, with a method for each function behind it."""
    apis: dict[str, RestApi] = {}
    names = tuple(handlers)
    for backend in backends:
        if not backend.api_id or backend.api_id in apis:
            continue
        api = apis[backend.api_id] = RestApi(backend.api_id, backend.account, backend.region, backend.stage)
        qualifier = f":{ALIAS}" if backend.by_alias else ""
        for name in names:
            api.integrations[f"/{name}"] = _arn(backend, name) + qualifier
    return apis


def _arn(backend: Backend, name: str) -> str:
    return f"arn:aws:lambda:{backend.region}:{backend.account}:function:{backend.prefix}{name}"


def handle(request: Request, apis: Mapping[str, RestApi]) -> Reply:
    """Carry out one call to API Gateway. Raises AwsError for every refusal."""
    function = OPERATIONS.get(request.operation)
    if function is None:
        raise not_implemented(request.service, request.operation)
    model = operation_model(request.service, request.operation)
    params = restjson.parse(request, model)
    return restjson.render(model, function(request, params, apis))


def handle_v2(request: Request) -> Reply:
    """HTTP APIs: there are none. AWS: a REST API's id is not found among them."""
    if request.method == "GET" and request.raw_path.rstrip("/") == "/v2/apis":
        return Reply(200, b'{"items": []}', {"content-type": "application/json"})
    raise AwsError("NotFoundException", 404, "Invalid API identifier specified")


Result = dict[str, Any]


def _api(request: Request, params: Mapping[str, Any], apis: Mapping[str, RestApi]) -> RestApi:
    api = apis.get(params["restApiId"])
    if api is None or (api.account, api.region) != (request.principal.account, request.region):
        raise AwsError("NotFoundException", 404, "Invalid API identifier specified")
    return api


def get_rest_api(request: Request, params: Mapping[str, Any], apis: Mapping[str, RestApi]) -> Result:
    api = _api(request, params, apis)
    return {"id": api.id, "name": f"api {api.id}"}


def get_rest_apis(request: Request, params: Mapping[str, Any], apis: Mapping[str, RestApi]) -> Result:
    place = (request.principal.account, request.region)
    own = [api for api in apis.values() if (api.account, api.region) == place]
    return {"items": [{"id": api.id, "name": f"api {api.id}"} for api in own]}


def get_stages(request: Request, params: Mapping[str, Any], apis: Mapping[str, RestApi]) -> Result:
    api = _api(request, params, apis)
    return {"item": [{"stageName": api.stage, "deploymentId": "first"}]}


def get_resources(request: Request, params: Mapping[str, Any], apis: Mapping[str, RestApi]) -> Result:
    """AWS: 25 at a time, 500 at most; methods only where they are asked for, in pages by position."""
    api = _api(request, params, apis)
    paths, start = sorted(api.integrations), int(params.get("position") or 0)
    size = min(int(params.get("limit") or PAGE), LARGEST_PAGE)
    methods = "methods" in (request.query.get("embed") or "")
    items = [_resource(api, path, methods=methods) for path in paths[start : start + size]]
    more = str(start + size) if start + size < len(paths) else None
    return {"items": items, "position": more}


def _resource(api: RestApi, path: str, *, methods: bool) -> Result:
    shown: Result = {"id": path[1:], "path": path, "pathPart": path[1:]}
    function = api.integrations[path]
    uri = f"arn:aws:apigateway:{api.region}:lambda:path/2015-03-31/functions/{function}/invocations"
    integration = {"type": "AWS_PROXY", "httpMethod": "POST", "uri": uri}
    if methods:
        shown["resourceMethods"] = {"ANY": {"httpMethod": "ANY", "methodIntegration": integration}}
    return shown


OPERATIONS: Mapping[str, Callable[[Request, Mapping[str, Any], Mapping[str, RestApi]], Result]] = {
    "GetRestApi": get_rest_api,
    "GetRestApis": get_rest_apis,
    "GetStages": get_stages,
    "GetResources": get_resources,
}
