"""API Gateway: what APIs of both kinds call, in pages; the variables of their stages; custom domain names and mappings."""

from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from devcloud.apigateway.seed import seeded_gateways
from devcloud.estate import read_estate
from tests.cloud import ESTATE, CloudProcess
from tests.devcloud.conftest import SANDBOX, Refused

LIVE, LATEST = "k0y33bw7t8", "n2eqji12v4"
HTTP, DOMAIN = "a1b2c3d4e5", "api.tim-combo.com"
SANDBOX_PLACE = {"account": SANDBOX, "region": "us-east-2"}


@pytest.fixture
def apis(cloud: CloudProcess) -> Any:
    return cloud.client("apigateway", "sandbox")


def uris(apis: Any, api: str) -> list[str]:
    pages = apis.get_paginator("get_resources").paginate(restApiId=api, embed=["methods"])
    methods = [
        m for page in pages for item in page["items"] for m in item.get("resourceMethods", {}).values()
    ]
    return [method["methodIntegration"]["uri"] for method in methods]


def test_the_estates_apis_are_there(apis: Any) -> None:
    assert [each["id"] for each in apis.get_rest_apis()["items"]] == [LIVE]
    assert apis.get_rest_api(restApiId=LIVE)["id"] == LIVE
    assert [each["stageName"] for each in apis.get_stages(restApiId=LIVE)["item"]] == ["prod"]


def test_one_api_calls_aliases_and_the_other_latest(cloud: CloudProcess, apis: Any) -> None:
    """AWS: an integration's URI names the function it calls, with the alias where it calls one."""
    by_alias = uris(apis, LIVE)
    assert len(by_alias) == 311
    assert all(uri.endswith(":live/invocations") for uri in by_alias)
    unqualified = uris(cloud.client("apigateway", "development"), LATEST)
    assert unqualified[0] == (
        "arn:aws:apigateway:us-east-2:lambda:path/2015-03-31/functions/"
        "arn:aws:lambda:us-east-2:532595801838:function:tim-dev-accounts-create/invocations"
    )


def test_a_stage_is_exported_as_it_was_deployed(
    cloud: CloudProcess, apis: Any, http: Any, refused: Refused
) -> None:
    """AWS: a change of the design reaches a stage by a deployment; integrations are exported only where asked for."""
    cloud.control("POST", "/apigateway/targets", {"api": LIVE, "function": "new-{name}", "deploy": False})
    wanted = {"restApiId": LIVE, "stageName": "prod", "exportType": "oas30", "accepts": "application/json"}
    with_integrations = {**wanted, "parameters": {"extensions": "integrations"}}
    answer = apis.get_export(**with_integrations)
    assert answer["contentType"] == "application/json"
    text = answer["body"].read().decode()
    assert (text.count(":live/invocations"), text.count("new-")) == (311, 0)
    assert "new-orders" in "".join(uris(apis, LIVE))
    assert "invocations" not in apis.get_export(**wanted)["body"].read().decode()
    cloud.control("POST", "/apigateway/targets", {"api": LIVE, "function": "new-{name}"})
    assert apis.get_export(**with_integrations)["body"].read().decode().count("new-") == 311
    with refused("NotFoundException", 404):
        apis.get_export(**{**with_integrations, "stageName": "other"})
    wanted = {"ApiId": HTTP, "Specification": "OAS30", "OutputType": "JSON"}
    for stage in ({}, {"StageName": "$default"}):
        assert b"tim-sb-29" in http.export_api(**wanted, **stage)["body"].read()
    with refused("NotFoundException", 404):
        http.export_api(**wanted, StageName="other")


def test_resources_come_in_pages(apis: Any) -> None:
    """AWS: 25 resources a page unless asked for up to 500; integrations only with embed=methods."""
    first = apis.get_resources(restApiId=LIVE)
    assert len(first["items"]) == 25
    assert not any("methodIntegration" in str(each) for each in first["items"])
    second = apis.get_resources(restApiId=LIVE, limit=500, position=first["position"])
    assert len(second["items"]) == 286
    assert "position" not in second


def test_another_accounts_api_is_not_found(cloud: CloudProcess, apis: Any, refused: Refused) -> None:
    """AWS: NotFoundException for an id of another account."""
    for call in (apis.get_rest_api, apis.get_resources, apis.get_stages):
        assert call(restApiId=LIVE)
        with refused("NotFoundException", 404):
            call(restApiId=LATEST)


def test_a_rest_api_is_no_http_api(cloud: CloudProcess, refused: Refused) -> None:
    """AWS: apigatewayv2 knows HTTP and WebSocket APIs only."""
    http = cloud.client("apigatewayv2", "sandbox")
    assert http.get_apis()["Items"] == []
    with refused("NotFoundException", 404):
        http.get_api(ApiId=LIVE)
    with refused("NotFoundException", 404):
        http.get_integrations(ApiId=LIVE)


@pytest.fixture
def http(cloud: CloudProcess) -> Any:
    """Version 2, where the sandbox has an HTTP API."""
    targets = [f"arn:aws:lambda:us-east-2:{SANDBOX}:function:tim-sb-{number}" for number in range(30)]
    cloud.control("POST", "/apigateway/http", {"id": HTTP, "targets": targets, **SANDBOX_PLACE})
    return cloud.client("apigatewayv2", "sandbox")


def put_domain(cloud: CloudProcess, *mappings: dict[str, str], **more: str) -> None:
    body = {"name": DOMAIN, "mappings": mappings, **SANDBOX_PLACE, **more}
    cloud.control("POST", "/apigateway/domain", body)


def test_a_stage_tells_its_variables_and_its_canarys(
    cloud: CloudProcess, apis: Any, http: Any, refused: Refused
) -> None:
    """AWS: a stage without variables tells of none; a canary has values of its own for a share of the calls."""
    assert "variables" not in apis.get_stage(restApiId=LIVE, stageName="prod")
    wish = {"api": LIVE, "stage": "prod", "variables": {"alias": "live"}}
    cloud.control("POST", "/apigateway/stage", {**wish, "percent": 5, "changed": {"alias": "next"}})
    stage = apis.get_stage(restApiId=LIVE, stageName="prod")
    assert stage["variables"] == {"alias": "live"}
    canary = stage["canarySettings"]
    assert (canary["percentTraffic"], canary["stageVariableOverrides"]) == (5.0, {"alias": "next"})
    cloud.control("POST", "/apigateway/stage", {**wish, "api": HTTP, "stage": "$default"})
    assert http.get_stage(ApiId=HTTP, StageName="$default")["StageVariables"] == {"alias": "live"}
    assert [each["StageName"] for each in http.get_stages(ApiId=HTTP)["Items"]] == ["$default"]
    with refused("NotFoundException", 404) as caught:
        apis.get_stage(restApiId=LIVE, stageName="other")
    assert "Invalid stage identifier specified" in str(caught.value)
    with refused("NotFoundException", 404):
        http.get_stage(ApiId=HTTP, StageName="prod")


def test_an_http_api_is_no_rest_api_and_comes_in_pages(apis: Any, http: Any, refused: Refused) -> None:
    """AWS: each version of the service knows the APIs of its kind; 25 integrations a page unless asked for more."""
    assert [each["ApiId"] for each in http.get_apis()["Items"]] == [HTTP]
    assert http.get_api(ApiId=HTTP)["ProtocolType"] == "HTTP"
    first = http.get_integrations(ApiId=HTTP)
    second = http.get_integrations(ApiId=HTTP, NextToken=first["NextToken"])
    assert (len(first["Items"]), len(second["Items"]), "NextToken" in second) == (25, 5, False)
    assert second["Items"][-1]["IntegrationUri"].endswith(":function:tim-sb-29")
    with refused("NotFoundException", 404):
        apis.get_resources(restApiId=HTTP)


def test_a_regional_domain_is_mapped_to_apis_of_both_kinds(
    cloud: CloudProcess, apis: Any, http: Any, refused: Refused
) -> None:
    """AWS: both versions know the domain, each by its own names for the routing mode; only the second knows mappings to
    HTTP APIs, and those of several segments."""
    put_domain(
        cloud,
        {"path": "", "api": LIVE, "stage": "prod"},
        {"path": "orders/v2", "api": HTTP, "stage": "$default"},
    )
    first, second = apis.get_domain_name(domainName=DOMAIN), http.get_domain_name(DomainName=DOMAIN)
    assert (first["endpointConfiguration"]["types"], first["routingMode"]) == (
        ["REGIONAL"],
        "BASE_PATH_MAPPING_ONLY",
    )
    assert second["DomainNameConfigurations"][0]["EndpointType"] == "REGIONAL"
    assert second["RoutingMode"] == "API_MAPPING_ONLY"
    mappings = http.get_api_mappings(DomainName=DOMAIN)["Items"]
    assert [(each["ApiMappingKey"], each["ApiId"], each["Stage"]) for each in mappings] == [
        ("", LIVE, "prod"),
        ("orders/v2", HTTP, "$default"),
    ]
    with refused("NotImplemented", 501):
        apis.get_base_path_mappings(domainName=DOMAIN)


def test_an_edge_optimized_domain_is_for_version_1_alone(
    cloud: CloudProcess, apis: Any, refused: Refused
) -> None:
    """AWS: BadRequestException for it in version 2; version 1 shows the empty path as `(none)`, and a mapping without a
    stage has none."""
    put_domain(
        cloud, {"path": "", "api": LIVE, "stage": "prod"}, {"path": "any", "api": LIVE}, endpoint="EDGE"
    )
    http = cloud.client("apigatewayv2", "sandbox")
    shown = apis.get_base_path_mappings(domainName=DOMAIN)["items"]
    assert shown == [
        {"basePath": "(none)", "restApiId": LIVE, "stage": "prod"},
        {"basePath": "any", "restApiId": LIVE},
    ]
    for call in (http.get_domain_name, http.get_api_mappings):
        with refused("BadRequestException", 400):
            call(DomainName=DOMAIN)


def test_mappings_come_in_pages(cloud: CloudProcess, apis: Any) -> None:
    """AWS: 25 a page, 500 at most, by position in version 1 and by a token in version 2."""
    put_domain(cloud, *({"path": f"p{number}", "api": LIVE, "stage": "prod"} for number in range(30)))
    first = apis.get_base_path_mappings(domainName=DOMAIN)
    rest = apis.get_base_path_mappings(domainName=DOMAIN, limit=500, position=first["position"])
    assert (len(first["items"]), len(rest["items"]), "position" in rest) == (25, 5, False)
    http = cloud.client("apigatewayv2", "sandbox")
    first = http.get_api_mappings(DomainName=DOMAIN)
    rest = http.get_api_mappings(DomainName=DOMAIN, NextToken=first["NextToken"])
    assert (len(first["Items"]), len(rest["Items"]), "NextToken" in rest) == (25, 5, False)


def test_a_domain_is_of_one_account_and_region(cloud: CloudProcess, apis: Any, refused: Refused) -> None:
    """AWS: NotFoundException for a domain of another account or Region, edge-optimized ones too, and for none."""
    put_domain(cloud, {"path": "", "api": LIVE, "stage": "prod"}, endpoint="EDGE")
    assert [each["domainName"] for each in apis.get_domain_names()["items"]] == [DOMAIN]
    elsewhere = cloud.client("apigateway", "sandbox", region="us-east-1")
    others = cloud.client("apigateway", "development")
    assert elsewhere.get_domain_names()["items"] == others.get_domain_names()["items"] == []
    calls = [(elsewhere, DOMAIN), (others, DOMAIN), (apis, "other.tim-combo.com")]
    for client, name in calls:
        for call in (client.get_domain_name, client.get_base_path_mappings):
            with refused("NotFoundException", 404) as caught:
                call(domainName=name)
            assert "Invalid domain name identifier specified" in str(caught.value)


def test_who_may_only_read_sees_both_versions(cloud: CloudProcess, http: Any) -> None:
    """Every call of the console here is a read, and on record by its own name in either version."""
    put_domain(cloud, {"path": "", "api": HTTP, "stage": "$default"})
    since = cloud.next_call()
    assert cloud.client("apigateway", "sandbox", "read").get_domain_name(domainName=DOMAIN)
    reader = cloud.client("apigatewayv2", "sandbox", "read")
    assert reader.get_api_mappings(DomainName=DOMAIN)["Items"]
    assert reader.get_stage(ApiId=HTTP, StageName="$default")
    calls = [each["operation"] for each in cloud.calls(since, "apigateway")]
    assert calls == ["GetDomainName", "GetApiMappings", "GetStage"]


@pytest.mark.parametrize(
    ("what", "wish", "because"),
    [
        ("domain", {"mappings": [{"path": "", "api": LATEST, "stage": "prod"}]}, "own account and Region"),
        ("domain", {"mappings": [{"path": "a", "api": LIVE, "stage": "none"}]}, "no such stage"),
        ("domain", {"mappings": [{"path": "a", "api": HTTP}]}, "no such stage"),
        ("domain", {"mappings": [{"path": "a b", "api": LIVE, "stage": "prod"}]}, "no path of a mapping"),
        ("domain", {"mappings": [{"api": LIVE}, {"api": LIVE}]}, "mapped already"),
        ("domain", {"endpoint": "EDGE", "mappings": [{"path": "a/b", "api": LIVE}]}, "by one segment"),
        ("domain", {"endpoint": "EDGE", "mappings": [{"api": HTTP, "stage": "$default"}]}, "to REST APIs"),
        ("domain", {"endpoint": "GLOBAL"}, "none of REGIONAL, EDGE"),
        ("stage", {"api": LIVE, "stage": "prod", "variables": {"alias": ""}}, "no name or value"),
        ("stage", {"api": LIVE, "stage": "prod", "variables": {"a-b": "live"}}, "no name or value"),
        ("stage", {"api": LIVE, "stage": "$default"}, "only an HTTP API"),
        ("stage", {"api": HTTP, "stage": "prod", "percent": 5}, "only a REST API"),
        ("stage", {"api": "none", "stage": "prod"}, "not there: 'none'"),
        ("method", {}, "no /apigateway/method"),
    ],
)
def test_what_aws_cannot_hold_is_not_put_there(
    cloud: CloudProcess, http: Any, what: str, wish: dict[str, Any], because: str
) -> None:
    with pytest.raises(HTTPError) as caught:
        cloud.control("POST", f"/apigateway/{what}", {"name": DOMAIN, **SANDBOX_PLACE, **wish})
    with caught.value as answer:
        assert because in answer.read().decode()


def test_an_estate_with_a_domain_has_it_with_an_api_behind(tmp_path: Path) -> None:
    """An address below a custom domain name in the estate file is one that leads to an API."""
    text, own = ESTATE.read_text(), f"api_origin: https://{LIVE}.execute-api.us-east-2.amazonaws.com/prod"
    assert own in text
    changed = tmp_path / ESTATE.name
    changed.write_text(text.replace(own, f"api_origin: https://{DOMAIN}/base"))
    estate = read_estate(changed)
    held = seeded_gateways(estate.backends, ["orders"])
    domain = held.domains["us-east-2", DOMAIN]
    (mapping,) = domain.mappings
    assert (domain.account, mapping.path, mapping.stage) == (SANDBOX, "base", "prod")
    assert held.apis[mapping.api].targets["/orders"].endswith("function:tim-sb-orders:live/invocations")
    assert LATEST in held.apis
