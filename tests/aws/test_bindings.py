"""What an API of API Gateway calls, also by variables of its stage and below a custom domain name."""

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from botocore.response import StreamingBody

from aws import errors
from aws.access import Account
from aws.bindings import bindings
from tests.aws.conftest import SANDBOX, Ledger
from tests.aws.scripted import Script
from tests.cloud import CloudProcess

API = "k0y33bw7t8"
ORIGIN = f"https://{API}.execute-api.us-east-2.amazonaws.com/prod"
STAGE = {"restApiId": API, "stageName": "prod"}
EXPORT = {
    "exportType": "oas30",
    "accepts": "application/json",
    "parameters": {"extensions": "integrations"},
}


class Rest(Script):
    """Version 1 of API Gateway, as a lookup of what an API calls asks it."""

    def has(self, *uris: str, stage: str = "prod", **told: Any) -> None:
        """The API is there, its stage says `told`, and was deployed with these targets."""
        self.answer("get_rest_api", {"id": API}, restApiId=API)
        self.answer("get_stage", told, restApiId=API, stageName=stage)
        methods = zip(("get", "post", "put", "patch"), uris, strict=False)
        paths = {
            "/orders": {name: {"x-amazon-apigateway-integration": {"uri": uri}} for name, uri in methods}
        }
        self.answer("get_export", exported(paths=paths), restApiId=API, stageName=stage, **EXPORT)

    def has_none(self) -> None:
        self.refuse("get_rest_api", 404, "NotFoundException", restApiId=API)


class Http(Script):
    """Version 2 of API Gateway, likewise."""

    def has(
        self, *paths: Any, variables: dict[str, str] | None = None, stage: str = "prod", **more: Any
    ) -> None:
        self.answer("get_api", {"ApiId": API}, ApiId=API)
        self.answer("get_stage", {"StageVariables": variables or {}}, ApiId=API, StageName=stage)
        self.exports(*paths, stage=stage, **more)

    def exports(self, *paths: Any, stage: str, **more: Any) -> None:
        document = exported(paths={f"/{number}": path for number, path in enumerate(paths)}, **more)
        wanted = {"Specification": "OAS30", "OutputType": "JSON"}
        self.answer("export_api", document, ApiId=API, StageName=stage, **wanted)


@pytest.fixture
def rest(account: Account) -> Iterator[Rest]:
    found = Rest(account, "apigateway")
    yield found
    found.end()


@pytest.fixture
def http(account: Account) -> Iterator[Http]:
    found = Http(account, "apigatewayv2")
    yield found
    found.end()


def exported(**document: Any) -> dict[str, Any]:
    text = json.dumps({"openapi": "3.0.1", **document}).encode()
    return {"body": StreamingBody(BytesIO(text), len(text))}


def method(integration: dict[str, Any]) -> dict[str, Any]:
    return {"x-amazon-apigateway-any-method": {"x-amazon-apigateway-integration": integration}}


def arn(function: str) -> str:
    return f"arn:aws:lambda:us-east-2:455510265254:function:{function}"


def invoked(function: str) -> str:
    """How API Gateway addresses a function."""
    return f"arn:aws:apigateway:us-east-2:lambda:path/2015-03-31/functions/{arn(function)}/invocations"


def test_only_targets_that_are_functions_count(account: Account, rest: Rest) -> None:
    """AWS: an integration without a backend has no URI, and another service or address may be behind one."""
    rest.has(invoked("tim-sb-orders:live"), "", "https://example.com/function", invoked("tim-sb-users"))
    assert bindings(account, ORIGIN) == {"tim-sb-orders": "live", "tim-sb-users": ""}


def test_an_http_api_names_integrations_in_its_methods_or_its_components(
    account: Account, rest: Rest, http: Http
) -> None:
    """AWS: several routes may share an integration, which then is one of the components."""
    rest.has_none()
    name = "x-amazon-apigateway-integrations"
    shared = {"$ref": f"#/components/{name}/one"}
    components = {name: {"one": {"uri": arn("a:live")}}}
    http.has(method(shared), method({"uri": invoked("b")}), method({"type": "mock"}), components=components)
    assert bindings(account, f"{ORIGIN}/") == {"a": "live", "b": ""}


@pytest.mark.parametrize("other", ["a", "a:$LATEST"])
def test_a_function_that_is_called_both_ways_is_bound_to_its_latest_code(
    account: Account, rest: Rest, other: str
) -> None:
    rest.has(invoked("a:live"), invoked(other))
    assert bindings(account, ORIGIN) == {"a": ""}


def test_an_api_that_does_not_exist_is_not_found(account: Account, rest: Rest, http: Http) -> None:
    rest.has_none()
    http.refuse("get_api", 404, "NotFoundException", ApiId=API)
    with pytest.raises(errors.NotFound, match=f"API Gateway GetApi on {API}"):
        bindings(account, ORIGIN)


def test_only_functions_of_the_prefix_are_told(account: Account, rest: Rest) -> None:
    rest.has(invoked("tim-sb-orders:live"), invoked("tim-dev-orders"), invoked("other"))
    assert bindings(account, ORIGIN, "tim-sb-") == {"tim-sb-orders": "live"}


def test_a_target_that_streams_its_answer_is_one_too(account: Account, rest: Rest) -> None:
    """AWS: its version and its last word differ."""
    service = "arn:aws:apigateway:us-east-2:lambda:path/2021-11-15/functions"
    rest.has(f"{service}/{arn('a:live')}/response-streaming-invocations")
    assert bindings(account, ORIGIN) == {"a": "live"}


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
    account: Account, rest: Rest, target: str, variables: dict[str, str], means: dict[str, str]
) -> None:
    rest.has(target, variables=variables)
    assert bindings(account, ORIGIN, "app-") == means


def test_variables_count_only_where_they_may_name_one_of_ours(account: Account, rest: Rest) -> None:
    """One of an address, of another service or of somebody else's function is none of our business, set or not."""
    others = [
        "https://${stageVariables.host}/orders",
        "arn:aws:apigateway:us-east-2:sqs:path/${stageVariables.queue}",
        invoked("legacy-${stageVariables.fn}"),
        invoked("app-orders:live"),
    ]
    rest.has(*others)
    assert bindings(account, ORIGIN, "app-") == {"app-orders": "live"}


def test_a_canary_calls_by_values_of_its_own(account: Account, rest: Rest) -> None:
    """AWS: a canary takes a share of the calls and may have other values for variables; without a share it takes none."""
    target, variables = invoked("app-${stageVariables.fn}"), {"fn": "a:live"}
    canary = {"stageVariableOverrides": {"fn": "a"}}
    rest.has(target, variables=variables, canarySettings={**canary, "percentTraffic": 10.0})
    assert bindings(account, ORIGIN, "app-") == {"app-a": ""}
    rest.has(target, variables=variables, canarySettings={**canary, "percentTraffic": 0.0})
    assert bindings(account, ORIGIN, "app-") == {"app-a": "live"}


def test_a_canary_of_another_deployment_may_call_anything(account: Account, rest: Rest) -> None:
    """AWS: a stage's export is that of its own deployment; no call tells what a canary's calls."""
    canary = {"percentTraffic": 12.5, "deploymentId": "second"}
    rest.answer("get_rest_api", {"id": API}, restApiId=API)
    rest.answer("get_stage", {"deploymentId": "first", "canarySettings": canary}, **STAGE)
    with pytest.raises(errors.Unresolved, match=r"sends 12\.5 % of its calls to a canary"):
        bindings(account, ORIGIN)
    rest.has(invoked("a:live"), deploymentId="first", canarySettings={**canary, "deploymentId": "first"})
    assert bindings(account, ORIGIN) == {"a": "live"}


def test_variables_that_are_not_set_are_named_with_the_functions(account: Account, rest: Rest) -> None:
    """AWS: a call whose target has such a variable fails. Nothing is put in its place."""
    targets = [invoked("app-${stageVariables.fn}"), invoked("app-a:${stageVariables.alias}")]
    rest.has(*targets, invoked("app-b:live"), variables={"other": "live"})
    with pytest.raises(errors.Unresolved) as caught:
        bindings(account, ORIGIN, "app-")
    assert str(caught.value) == (
        f"Stage prod of API {API} in account 855652006097, us-east-2, has no variables alias, fn, so it cannot be told "
        "what the API calls as app-${stageVariables.fn}, app-a:${stageVariables.alias}. Set them on the stage in AWS, "
        "or name the functions without them, then look at the fleet again."
    )


def test_a_variable_that_makes_no_name_is_said_without_its_value(account: Account, rest: Rest) -> None:
    rest.has(invoked("app-${stageVariables.fn}"), variables={"fn": "a/b?c"})
    with pytest.raises(
        errors.Unresolved, match=r"target app-\$\{stageVariables.fn\} .* no function"
    ) as caught:
        bindings(account, ORIGIN, "app-")
    assert "a/b?c" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "said"),
    [("", "The address names no stage of API k0y33bw7t8"), ("/none", r"has no stage none\.")],
)
def test_a_rest_api_needs_the_stage_of_the_address(
    account: Account, rest: Rest, path: str, said: str
) -> None:
    rest.answer("get_rest_api", {"id": API}, restApiId=API)
    if path:
        rest.refuse("get_stage", 404, "NotFoundException", restApiId=API, stageName="none")
    with pytest.raises(errors.Unresolved, match=said):
        bindings(account, ORIGIN.removesuffix("/prod") + path)


def test_an_http_api_serves_addresses_without_a_stage_by_its_default(
    account: Account, rest: Rest, http: Http
) -> None:
    """AWS: the stage `$default` is at the root of the address; another one is its first segment."""
    target = {"uri": arn("app-a:${stageVariables.alias}")}
    for path, stages in (("", ["$default"]), ("/prod", ["prod"]), ("/v1/orders", ["v1", "$default"])):
        rest.has_none()
        http.answer("get_api", {"ApiId": API}, ApiId=API)
        for missing in stages[:-1]:
            http.refuse("get_stage", 404, "NotFoundException", ApiId=API, StageName=missing)
        variables = {"StageVariables": {"alias": "live"}}
        http.answer("get_stage", variables, ApiId=API, StageName=stages[-1])
        http.exports(method(target), stage=stages[-1])
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
    assert calls == ["GetDomainName", mappings, "GetRestApi", "GetStage", "GetExport"]


def test_what_callers_get_counts_and_not_a_design_that_was_never_deployed(
    worker: CloudProcess, sandbox: Account
) -> None:
    """AWS: a change of a REST API reaches a stage by its next deployment only."""
    wish = {"api": API, "function": "tim-sb-{name}", "deploy": False}
    worker.control("POST", "/apigateway/targets", wish)
    assert set(bindings(sandbox, ORIGIN, "tim-sb-").values()) == {"live"}
    worker.control("POST", "/apigateway/targets", {**wish, "deploy": True})
    assert set(bindings(sandbox, ORIGIN, "tim-sb-").values()) == {""}


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
