"""What an API of API Gateway calls, also by variables of its stage and below a custom domain name."""

from collections.abc import Iterator
from typing import Any

import pytest

from aws import errors
from aws.access import Account
from aws.bindings import bindings
from tests.aws.conftest import SANDBOX, Ledger
from tests.aws.scripted import Script
from tests.cloud import CloudProcess

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


def test_only_functions_of_the_prefix_are_told(account: Account, rest: Script) -> None:
    uris = [invoked("tim-sb-orders:live"), invoked("tim-dev-orders"), invoked("other")]
    rest.answer("get_resources", {"items": [resource(*uris)]}, **WHOLE)
    assert bindings(account, ORIGIN, "tim-sb-") == {"tim-sb-orders": "live"}


def test_a_target_that_streams_its_answer_is_one_too(account: Account, rest: Script) -> None:
    """AWS: its version and its last word differ."""
    service = "arn:aws:apigateway:us-east-2:lambda:path/2021-11-15/functions"
    streaming = f"{service}/{arn('a:live')}/response-streaming-invocations"
    rest.answer("get_resources", {"items": [resource(streaming)]}, **WHOLE)
    assert bindings(account, ORIGIN) == {"a": "live"}


STAGE = {"restApiId": API, "stageName": "prod"}


@pytest.mark.parametrize(
    ("target", "variables", "means"),
    [
        (invoked("app-${stageVariables.fn}"), {"fn": "orders"}, {"app-orders": ""}),
        (invoked("app-orders:${stageVariables.alias}"), {"alias": "live"}, {"app-orders": "live"}),
        (invoked("${stageVariables.fn}"), {"fn": "app-orders:live"}, {"app-orders": "live"}),
        (
            invoked("${stageVariables.a}-${stageVariables.b}:${stageVariables.c}"),
            {"a": "app", "b": "orders", "c": "live"},
            {"app-orders": "live"},
        ),
        (
            "arn:aws:apigateway:us-east-2:lambda:path/2015-03-31/functions/${stageVariables.arn}/invocations",
            {"arn": arn("app-orders:live")},
            {"app-orders": "live"},
        ),
        (invoked("app-${stageVariables.fn}"), {"fn": "orders", "other": "x"}, {"app-orders": ""}),
    ],
)
def test_variables_mean_what_the_stage_says(
    account: Account, rest: Script, target: str, variables: dict[str, str], means: dict[str, str]
) -> None:
    rest.answer("get_resources", {"items": [resource(target)]}, **WHOLE)
    rest.answer("get_stage", {"variables": variables}, **STAGE)
    assert bindings(account, ORIGIN, "app-") == means


def test_the_stage_is_read_only_for_variables_that_may_name_one_of_ours(
    account: Account, rest: Script
) -> None:
    """A variable of an address, of another service or of somebody else's function is none of our business."""
    others = [
        "https://${stageVariables.host}/orders",
        "arn:aws:apigateway:us-east-2:sqs:path/${stageVariables.queue}",
        invoked("legacy-${stageVariables.fn}"),
        invoked("app-orders:live"),
    ]
    rest.answer("get_resources", {"items": [resource(*others)]}, **WHOLE)
    assert bindings(account, ORIGIN, "app-") == {"app-orders": "live"}


def test_a_canary_calls_by_values_of_its_own(account: Account, rest: Script) -> None:
    """AWS: a canary takes a share of the calls and may have other values for variables; without a share it takes none."""
    items = {"items": [resource(invoked("app-${stageVariables.fn}"))]}
    stage = {"variables": {"fn": "a:live"}}
    canary = {"stageVariableOverrides": {"fn": "a"}}
    rest.answer("get_resources", items, **WHOLE)
    rest.answer("get_stage", {**stage, "canarySettings": {**canary, "percentTraffic": 10.0}}, **STAGE)
    assert bindings(account, ORIGIN, "app-") == {"app-a": ""}
    rest.answer("get_resources", items, **WHOLE)
    rest.answer("get_stage", {**stage, "canarySettings": {**canary, "percentTraffic": 0.0}}, **STAGE)
    assert bindings(account, ORIGIN, "app-") == {"app-a": "live"}


def test_variables_that_are_not_set_are_named_with_the_functions(account: Account, rest: Script) -> None:
    """AWS: a call whose target has such a variable fails. Nothing is put in its place."""
    targets = [invoked("app-a:${stageVariables.alias}"), invoked("app-${stageVariables.fn}")]
    rest.answer("get_resources", {"items": [resource(*targets, invoked("app-b:live"))]}, **WHOLE)
    rest.answer("get_stage", {"variables": {"other": "live"}}, **STAGE)
    with pytest.raises(errors.Unresolved) as caught:
        bindings(account, ORIGIN, "app-")
    assert str(caught.value) == (
        f"Stage prod of API {API} in account 855652006097, us-east-2, has no variables alias, fn, so it cannot be told "
        "what the API calls as app-${stageVariables.fn}, app-a:${stageVariables.alias}. Set them on the stage in AWS, "
        "or name the functions without them, then look at the fleet again."
    )


def test_a_variable_that_makes_no_name_is_said_without_its_value(account: Account, rest: Script) -> None:
    rest.answer("get_resources", {"items": [resource(invoked("app-${stageVariables.fn}"))]}, **WHOLE)
    rest.answer("get_stage", {"variables": {"fn": "a/b?c"}}, **STAGE)
    with pytest.raises(
        errors.Unresolved, match=r"target app-\$\{stageVariables.fn\} .* no function"
    ) as caught:
        bindings(account, ORIGIN, "app-")
    assert "a/b?c" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "said"),
    [("", "The address names no stage of API k0y33bw7t8"), ("/none", "has no stage none, whose variables")],
)
def test_a_rest_api_needs_the_stage_of_the_address(
    account: Account, rest: Script, path: str, said: str
) -> None:
    rest.answer("get_resources", {"items": [resource(invoked("app-${stageVariables.fn}"))]}, **WHOLE)
    if path:
        rest.refuse("get_stage", 404, "NotFoundException", restApiId=API, stageName="none")
    with pytest.raises(errors.Unresolved, match=said):
        bindings(account, ORIGIN.removesuffix("/prod") + path)


def test_an_http_api_serves_addresses_without_a_stage_by_its_default(
    account: Account, rest: Script, http: Script
) -> None:
    """AWS: the stage `$default` is at the root of the address; another one is its first segment."""
    integrations = {"Items": [{"IntegrationUri": arn("app-a:${stageVariables.alias}")}]}
    for path, stages in (("", ["$default"]), ("/prod", ["prod"]), ("/v1/orders", ["v1", "$default"])):
        rest.refuse("get_resources", 404, "NotFoundException", **WHOLE)
        http.answer("get_integrations", integrations, ApiId=API)
        for missing in stages[:-1]:
            http.refuse("get_stage", 404, "NotFoundException", ApiId=API, StageName=missing)
        variables = {"StageVariables": {"alias": "live"}}
        http.answer("get_stage", variables, ApiId=API, StageName=stages[-1])
        assert bindings(account, ORIGIN.removesuffix("/prod") + path) == {"app-a": "live"}


DOMAIN, HTTP_API = "api.tim-combo.com", "a1b2c3d4e5"
PLACE = {"account": SANDBOX, "region": "us-east-2"}


def put_domain(cloud: CloudProcess, *mappings: dict[str, str], **more: str) -> None:
    cloud.control("POST", "/apigateway/domain", {"name": DOMAIN, "mappings": mappings, **PLACE, **more})


@pytest.mark.parametrize("endpoint", ["REGIONAL", "EDGE"])
def test_below_a_custom_domain_and_by_a_variable_alias_all_are_found(
    worker: CloudProcess, sandbox: Account, ledger: Ledger, endpoint: str
) -> None:
    """As the role that only reads, in the account and Region of the API, whichever kind the domain is of."""
    put_domain(worker, {"path": "base", "api": API, "stage": "prod"}, endpoint=endpoint)
    wish = {"api": API, "function": "tim-sb-{name}:${stageVariables.alias}"}
    worker.control("POST", "/apigateway/targets", wish)
    worker.control("POST", "/apigateway/stage", {"api": API, "stage": "prod", "variables": {"alias": "live"}})
    found = bindings(sandbox, f"https://{DOMAIN}/base", "tim-sb-")
    assert (len(found), set(found.values())) == (311, {"live"})
    mappings = "GetApiMappings" if endpoint == "REGIONAL" else "GetBasePathMappings"
    calls = [call.operation for call in ledger.calls if call.service.startswith("apigateway")]
    assert calls == ["GetDomainName", mappings, "GetResources", "GetStage"]


def test_a_domain_of_either_version_may_lead_to_an_http_api(worker: CloudProcess, sandbox: Account) -> None:
    targets = [arn("tim-sb-${stageVariables.fn}"), arn("tim-sb-users:live")]
    worker.control("POST", "/apigateway/http", {"id": HTTP_API, "targets": targets, **PLACE})
    stage = {"api": HTTP_API, "stage": "$default", "variables": {"fn": "orders:live"}}
    worker.control("POST", "/apigateway/stage", stage)
    put_domain(
        worker, {"path": "v2/http", "api": HTTP_API, "stage": "$default"}, {"api": API, "stage": "prod"}
    )
    both = {"tim-sb-orders": "live", "tim-sb-users": "live"}
    assert bindings(sandbox, f"https://{DOMAIN}/v2/http", "tim-sb-") == both
    assert len(bindings(sandbox, f"https://{DOMAIN}", "tim-sb-")) == 311
