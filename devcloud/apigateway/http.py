"""The second version of API Gateway: HTTP APIs, and custom domain names with API mappings."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from devcloud.apigateway.state import (
    EDGE,
    HTTP,
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
from devcloud.errors import AwsError, not_implemented
from devcloud.wire import Request

Result = dict[str, Any]
Params = Mapping[str, Any]


def get_api(request: Request, params: Params, held: Gateways) -> Result:
    return _api(held.api(request, params["ApiId"], HTTP))


def get_apis(request: Request, params: Params, held: Gateways) -> Result:
    own = [
        api for api in held.apis.values() if (api.kind, api.account, api.region) == (HTTP, *place(request))
    ]
    page, more = cut(own, params.get("NextToken"), params.get("MaxResults"))
    return {"Items": [_api(api) for api in page], "NextToken": more}


def get_stage(request: Request, params: Params, held: Gateways) -> Result:
    api = held.api(request, params["ApiId"], HTTP)
    return _stage(params["StageName"], stage_of(api, params["StageName"]))


def get_stages(request: Request, params: Params, held: Gateways) -> Result:
    api = held.api(request, params["ApiId"], HTTP)
    page, more = cut(list(api.stages.items()), params.get("NextToken"), params.get("MaxResults"))
    return {"Items": [_stage(name, stage) for name, stage in page], "NextToken": more}


def get_integrations(request: Request, params: Params, held: Gateways) -> Result:
    api = held.api(request, params["ApiId"], HTTP)
    page, more = cut(sorted(api.targets), params.get("NextToken"), params.get("MaxResults"))
    return {"Items": [_integration(path, api.targets[path]) for path in page], "NextToken": more}


def export_api(request: Request, params: Params, held: Gateways) -> Result:
    """AWS: the deployment of a stage, or the design where no stage is named."""
    api, name = held.api(request, params["ApiId"], HTTP), params.get("StageName")
    if (params["Specification"], params["OutputType"]) != ("OAS30", "JSON"):
        raise not_implemented("apigatewayv2", f"ExportApi as {params['OutputType']}")
    targets = stage_of(api, name).targets if name else api.targets
    return {"body": design(targets, integrations=params.get("IncludeExtensions", True))}


def get_domain_name(request: Request, params: Params, held: Gateways) -> Result:
    domain = _regional(held.domain(request, params["DomainName"]))
    address = f"d-abcd123456.execute-api.{domain.region}.amazonaws.com"
    configuration = {"EndpointType": domain.endpoint, "ApiGatewayDomainName": address}
    return {
        "DomainName": domain.name,
        "DomainNameConfigurations": [configuration],
        "RoutingMode": domain.routing,
    }


def get_api_mappings(request: Request, params: Params, held: Gateways) -> Result:
    domain = _regional(held.domain(request, params["DomainName"]))
    page, more = cut(domain.mappings, params.get("NextToken"), params.get("MaxResults"))
    return {"Items": [_mapping(each) for each in page], "NextToken": more}


def _regional(domain: Domain) -> Domain:
    """AWS: BadRequestException for an edge-optimized name, which only the first version manages."""
    if domain.endpoint == EDGE:
        raise AwsError(
            "BadRequestException",
            400,
            "Domain names that are not REGIONAL are for the API Gateway V1 API, and only for REST APIs.",
        )
    return domain


def _api(api: Api) -> Result:
    return {"ApiId": api.id, "Name": api.name, "ProtocolType": "HTTP"}


def _stage(name: str, stage: Stage) -> Result:
    return {"StageName": name, "StageVariables": stage.variables}


def _integration(path: str, target: str) -> Result:
    return {
        "IntegrationId": sha256(path.encode()).hexdigest()[:7],
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": target,
    }


def _mapping(mapping: PathMapping) -> Result:
    """AWS: the key of the empty path is empty."""
    return {
        "ApiId": mapping.api,
        "ApiMappingId": sha256(mapping.path.encode()).hexdigest()[:6],
        "ApiMappingKey": mapping.path,
        "Stage": mapping.stage,
    }


OPERATIONS: Mapping[str, Operation] = {
    "GetApi": get_api,
    "GetApis": get_apis,
    "GetStage": get_stage,
    "GetStages": get_stages,
    "GetIntegrations": get_integrations,
    "ExportApi": export_api,
    "GetDomainName": get_domain_name,
    "GetApiMappings": get_api_mappings,
}
