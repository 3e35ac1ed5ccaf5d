"""The first version of API Gateway: REST APIs, and custom domain names with base path mappings."""

from collections.abc import Mapping
from typing import Any

from devcloud.apigateway.state import (
    EDGE,
    REGIONAL,
    REST,
    Api,
    Domain,
    Gateways,
    Operation,
    PathMapping,
    Stage,
    cut,
    design,
    place,
    stage_of,
)
from devcloud.errors import not_implemented
from devcloud.wire import Request

Result = dict[str, Any]
Params = Mapping[str, Any]
NONE = "(none)"
JSON = "application/json"


def get_rest_api(request: Request, params: Params, held: Gateways) -> Result:
    return _api(held.api(request, params["restApiId"], REST))


def get_rest_apis(request: Request, params: Params, held: Gateways) -> Result:
    own = [
        api for api in held.apis.values() if (api.kind, api.account, api.region) == (REST, *place(request))
    ]
    return {"items": [_api(api) for api in own]}


def get_stage(request: Request, params: Params, held: Gateways) -> Result:
    api = held.api(request, params["restApiId"], REST)
    return _stage(params["stageName"], stage_of(api, params["stageName"]))


def get_stages(request: Request, params: Params, held: Gateways) -> Result:
    api = held.api(request, params["restApiId"], REST)
    return {"item": [_stage(name, stage) for name, stage in api.stages.items()]}


def get_resources(request: Request, params: Params, held: Gateways) -> Result:
    """AWS: methods only where they are asked for."""
    api = held.api(request, params["restApiId"], REST)
    methods = "methods" in (request.query.get("embed") or "")
    paths, more = cut(sorted(api.targets), params.get("position"), params.get("limit"))
    return {"items": [_resource(api, path, methods=methods) for path in paths], "position": more}


def get_export(request: Request, params: Params, held: Gateways) -> Result:
    """AWS: the deployment of a stage, whatever became of the design since; YAML unless JSON is asked for."""
    stage = stage_of(held.api(request, params["restApiId"], REST), params["stageName"])
    wanted = params["exportType"], request.header("accept")
    if wanted != ("oas30", JSON):
        raise not_implemented("apigateway", f"GetExport as {wanted}")
    integrations = request.query.get("extensions") in ("integrations", "apigateway")
    return {"contentType": JSON, "body": design(stage.targets, integrations=integrations)}


def get_domain_name(request: Request, params: Params, held: Gateways) -> Result:
    return _domain(held.domain(request, params["domainName"]))


def get_domain_names(request: Request, params: Params, held: Gateways) -> Result:
    own = [each for each in held.domains.values() if (each.account, each.region) == place(request)]
    page, more = cut(own, params.get("position"), params.get("limit"))
    return {"items": [_domain(each) for each in page], "position": more}


def get_base_path_mappings(request: Request, params: Params, held: Gateways) -> Result:
    """AWS: what this version shows of mappings that only the second can make is written nowhere, so nobody may rely on
    it: see `_only_in_version_2`."""
    domain = held.domain(request, params["domainName"])
    if any(_only_in_version_2(each, held) for each in domain.mappings):
        raise not_implemented("apigateway", "GetBasePathMappings of a domain with mappings of version 2")
    page, more = cut(domain.mappings, params.get("position"), params.get("limit"))
    return {"items": [_mapping(each) for each in page], "position": more}


def _only_in_version_2(mapping: PathMapping, held: Gateways) -> bool:
    """AWS: to an HTTP API, or with several segments."""
    return "/" in mapping.path or held.apis[mapping.api].kind != REST


def _api(api: Api) -> Result:
    return {"id": api.id, "name": api.name}


def _stage(name: str, stage: Stage) -> Result:
    """AWS: a stage without variables or a canary tells nothing of them."""
    percent, changed = stage.canary
    canary = {"percentTraffic": percent, "stageVariableOverrides": changed} if percent or changed else None
    return {
        "stageName": name,
        "deploymentId": "first",
        "variables": stage.variables or None,
        "canarySettings": canary,
    }


def _resource(api: Api, path: str, *, methods: bool) -> Result:
    shown: Result = {"id": path[1:], "path": path, "pathPart": path[1:]}
    integration = {"type": "AWS_PROXY", "httpMethod": "POST", "uri": api.targets[path]}
    if methods:
        shown["resourceMethods"] = {"ANY": {"httpMethod": "ANY", "methodIntegration": integration}}
    return shown


def _domain(domain: Domain) -> Result:
    """AWS: a Regional name has a Regional address, an edge-optimized one that of a distribution. This version has names
    of its own for the routing modes."""
    address = {
        EDGE: {"distributionDomainName": "d111111abcdef8.cloudfront.net"},
        REGIONAL: {"regionalDomainName": f"d-abcd123456.execute-api.{domain.region}.amazonaws.com"},
    }[domain.endpoint]
    return {
        "domainName": domain.name,
        "domainNameArn": f"arn:aws:apigateway:{domain.region}::/domainnames/{domain.name}",
        "domainNameStatus": "AVAILABLE",
        "endpointConfiguration": {"types": [domain.endpoint]},
        "routingMode": domain.routing.replace("API_MAPPING", "BASE_PATH_MAPPING"),
        **address,
    }


def _mapping(mapping: PathMapping) -> Result:
    """AWS: the empty path is shown as `(none)`, and no stage as none."""
    return {"basePath": mapping.path or NONE, "restApiId": mapping.api, "stage": mapping.stage or None}


OPERATIONS: Mapping[str, Operation] = {
    "GetRestApi": get_rest_api,
    "GetRestApis": get_rest_apis,
    "GetStage": get_stage,
    "GetStages": get_stages,
    "GetResources": get_resources,
    "GetExport": get_export,
    "GetDomainName": get_domain_name,
    "GetDomainNames": get_domain_names,
    "GetBasePathMappings": get_base_path_mappings,
}
