"""API Gateway: which functions an API calls, in pages, and REST APIs apart from HTTP APIs."""

from typing import Any

import pytest

from tests.cloud import CloudProcess
from tests.devcloud.conftest import Refused

LIVE, LATEST = "k0y33bw7t8", "n2eqji12v4"


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
