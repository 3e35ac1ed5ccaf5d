"""What an API of API Gateway calls."""

from collections.abc import Iterator
from typing import Any

import pytest

from aws import errors
from aws.access import Account
from aws.bindings import bindings
from tests.aws.scripted import Script

API = "k0y33bw7t8"
ORIGIN = f"https://{API}.execute-api.us-east-2.amazonaws.com/prod"
WHOLE = {"restApiId": API, "embed": ["methods"], "limit": 500}


@pytest.fixture
def rest(account: Account) -> Iterator[Script]:
    found = Script(account, "apigateway")
    yield found
    found.end()


@pytest.fixture
def http(account: Account) -> Iterator[Script]:
    found = Script(account, "apigatewayv2")
    yield found
    found.end()


def arn(function: str) -> str:
    return f"arn:aws:lambda:us-east-2:455510265254:function:{function}"


def invoked(function: str) -> str:
    """How API Gateway addresses a function."""
    return f"arn:aws:apigateway:us-east-2:lambda:path/2015-03-31/functions/{arn(function)}/invocations"


def resource(*uris: str) -> dict[str, Any]:
    methods = zip(("GET", "POST", "PUT", "PATCH"), uris, strict=False)
    return {"resourceMethods": {name: {"methodIntegration": {"uri": uri}} for name, uri in methods}}


def test_a_rest_api_is_read_page_by_page(account: Account, rest: Script) -> None:
    mock = {"resourceMethods": {"OPTIONS": {"methodIntegration": {"type": "MOCK"}}, "HEAD": {}}}
    first = [resource(invoked("tim-sb-orders:live"), "https://example.com/"), mock, {}]
    rest.answer("get_resources", {"items": first, "position": "next"}, **WHOLE)
    rest.answer("get_resources", {"items": [resource(invoked("tim-sb-users"))]}, **WHOLE, position="next")
    assert bindings(account, ORIGIN) == {"tim-sb-orders": "live", "tim-sb-users": ""}


def test_an_http_api_is_read_page_by_page(account: Account, rest: Script, http: Script) -> None:
    rest.refuse("get_resources", 404, "NotFoundException", **WHOLE)
    first = [{"IntegrationUri": arn("a:live")}, {"IntegrationType": "MOCK"}]
    http.answer("get_integrations", {"Items": first, "NextToken": "next"}, ApiId=API)
    second = [{"IntegrationUri": invoked("b")}, {"IntegrationUri": "https://example.com/function"}]
    http.answer("get_integrations", {"Items": second}, ApiId=API, NextToken="next")
    assert bindings(account, f"{ORIGIN}/") == {"a": "live", "b": ""}


@pytest.mark.parametrize("other", ["a", "a:$LATEST"])
def test_a_function_that_is_called_both_ways_is_bound_to_its_latest_code(
    account: Account, rest: Script, other: str
) -> None:
    rest.answer("get_resources", {"items": [resource(invoked("a:live"), invoked(other))]}, **WHOLE)
    assert bindings(account, ORIGIN) == {"a": ""}


def test_an_api_that_does_not_exist_is_not_found(account: Account, rest: Script, http: Script) -> None:
    rest.refuse("get_resources", 404, "NotFoundException", **WHOLE)
    http.refuse("get_integrations", 404, "NotFoundException", ApiId=API)
    with pytest.raises(errors.NotFound, match=f"API Gateway GetIntegrations on {API}"):
        bindings(account, ORIGIN)


@pytest.mark.parametrize(
    "origin",
    [
        "https://api.tim-combo.com/prod",
        f"https://{API}.execute-api.eu-west-1.amazonaws.com/prod",
        f"https://{API}.execute-api.us-east-2.amazonaws.com.example.com",
        "",
    ],
)
def test_an_address_that_is_no_apis_is_refused_before_any_call(account: Account, origin: str) -> None:
    with pytest.raises(errors.NotFound, match="the address is not that of an API in us-east-2"):
        bindings(account, origin)
