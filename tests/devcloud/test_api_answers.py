"""What callers of the emulated API get: found by its address, answered by the code that it calls."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from devcloud.apigateway.answers import locate
from devcloud.apigateway.state import HTTP, REST, Api, Domain, Gateways, PathMapping, Stage
from tests.cloud import CloudProcess
from tests.devcloud.conftest import Page
from tests.devcloud.lambdas import NAME, SANDBOX, settled, update, zipped
from tests.devcloud.numbers import ask, stat, values

Browse = Callable[..., Page]
DEV_HOST, TEST_HOST = "dev.tim-combo.com", "test.tim-combo.com"
DEV_API, API = "n2eqji12v4", "k0y33bw7t8"
PATH = "/api/accounts-create"
BROKEN = "export const handler = async () => ({})\nthrow new Error('no table')\n"


@pytest.fixture
def functions(cloud: CloudProcess) -> Any:
    return cloud.client("lambda", "sandbox", "owner")


@pytest.fixture
def watch(cloud: CloudProcess) -> Any:
    return cloud.client("cloudwatch", "sandbox", "owner")


def publish(functions: Any, text: str) -> str:
    """Bring code to the callers of the alias; its version."""
    update(functions, text)
    number = str(functions.publish_version(FunctionName=NAME)["Version"])
    functions.update_alias(FunctionName=NAME, Name="live", FunctionVersion=number)
    return number


def told(page: Page) -> Any:
    assert page.headers["content-type"] == "application/json"
    return json.loads(page.body)


def count(watch: Any, metric: str, statistic: str = "Sum", **dimensions: str) -> list[float]:
    query = stat(metric, statistic, 86_400, namespace="AWS/Lambda", dimensions=dimensions)
    return values(watch, query, hours=24)


def calls(watch: Any, metric: str, statistic: str = "Sum") -> list[float]:
    dimensions = {"ApiName": f"api {API}", "Stage": "prod"}
    query = stat(metric, statistic, 86_400, namespace="AWS/ApiGateway", dimensions=dimensions)
    return values(watch, query, hours=24)


def test_a_path_leads_to_its_handler(browse: Browse) -> None:
    page = browse(TEST_HOST, PATH)
    assert (page.status, told(page)) == (200, {"handler": NAME, "version": "1"})
    dev = browse(DEV_HOST, PATH, "POST")
    assert told(dev) == {"handler": "tim-dev-accounts-create", "version": "$LATEST"}
    assert (browse(TEST_HOST, "/api/nothing").status, browse(TEST_HOST, f"{PATH}/7").status) == (404, 404)


def test_the_version_is_the_one_that_the_alias_names(functions: Any, browse: Browse) -> None:
    update(functions, BROKEN)
    assert told(browse(TEST_HOST, PATH))["version"] == "1"
    number = publish(functions, "export const handler = async () => ({ fine: true })")
    assert told(browse(TEST_HOST, PATH))["version"] == number


def test_broken_code_is_502_and_counted(functions: Any, watch: Any, browse: Browse) -> None:
    """AWS: a function that throws makes its API answer 502; Lambda counts an error, API Gateway a 5XXError."""
    publish(functions, BROKEN)
    statuses = [browse(TEST_HOST, PATH, "POST").status for _ in range(3)]
    browse(TEST_HOST, "/api/nothing")
    assert statuses == [502, 502, 502]
    assert (count(watch, "Errors", FunctionName=NAME), count(watch, "Invocations", FunctionName=NAME)) == (
        [3.0],
        [3.0],
    )
    resource = {"FunctionName": NAME, "Resource": f"{NAME}:live"}
    assert (count(watch, "Errors", **resource), count(watch, "Throttles", **resource)) == ([3.0], [0.0])
    (slowest,) = count(watch, "Duration", "Maximum", FunctionName=NAME)
    assert 15 <= slowest <= 215
    assert (calls(watch, "Count"), calls(watch, "5XXError"), calls(watch, "4XXError")) == (
        [4.0],
        [3.0],
        [1.0],
    )
    assert calls(watch, "IntegrationLatency", "SampleCount") == [3.0]
    assert calls(watch, "5XXError", "Average") == [0.75]


def test_code_can_fail_now_and_then(functions: Any, browse: Browse) -> None:
    publish(functions, "// fails one in 3\nexport const handler = async () => ({})\n")
    assert [browse(TEST_HOST, PATH, "POST").status for _ in range(6)].count(502) == 2


@pytest.mark.parametrize(
    "text", ["  throw new Error('inside')", "export const handler = () => { throw new Error('x') }"]
)
def test_only_what_throws_when_it_is_loaded_is_broken(functions: Any, browse: Browse, text: str) -> None:
    publish(functions, text)
    assert browse(TEST_HOST, PATH).status == 200


def test_a_failure_is_cached_for_ten_seconds_and_only_for_reads(
    cloud: CloudProcess, functions: Any, browse: Browse
) -> None:
    """AWS: CloudFront keeps errors for 10 s, of GET and HEAD only."""
    publish(functions, BROKEN)
    assert browse(TEST_HOST, PATH).status == 502
    publish(functions, "fine")
    assert (browse(TEST_HOST, PATH).status, browse(TEST_HOST, PATH, "POST").status) == (502, 200)
    cloud.settings(clock_offset=11)
    assert browse(TEST_HOST, PATH).status == 200


def test_during_an_update_callers_get_the_code_from_before(cloud: CloudProcess, browse: Browse) -> None:
    """AWS: new code of `$LATEST` is called when its update has succeeded."""
    cloud.settings(update_seconds=30)
    development = cloud.client("lambda", "development", "owner")
    development.update_function_code(FunctionName="tim-dev-accounts-create", ZipFile=zipped(BROKEN))
    assert browse(DEV_HOST, PATH, "POST").status == 200
    cloud.settings(clock_offset=31)
    assert browse(DEV_HOST, PATH, "POST").status == 502
    cloud.settings(update_seconds=0)
    settled(development, "tim-dev-accounts-create")


def test_a_function_that_is_gone_is_500(functions: Any, browse: Browse) -> None:
    """AWS: an integration whose function or alias is not there answers 500."""
    functions.delete_alias(FunctionName=NAME, Name="live")
    assert browse(TEST_HOST, PATH, "POST").status == 500
    functions.delete_function(FunctionName=NAME)
    assert browse(TEST_HOST, PATH, "POST").status == 500


def test_what_a_test_said_is_told_instead_of_what_was_counted(
    cloud: CloudProcess, watch: Any, browse: Browse
) -> None:
    wish = {"account": SANDBOX, "function": NAME, "errors": 2, "invocations": 8}
    cloud.control("POST", "/lambda/errors", wish)
    browse(TEST_HOST, PATH)
    query = stat("Invocations", namespace="AWS/Lambda", dimensions={"FunctionName": NAME})
    assert set(values(watch, query, hours=0.05)) == {8.0}
    search = "SEARCH('{AWS/Lambda,FunctionName} MetricName=\"Errors\" tim-sb', 'Average', 60)"
    (found,) = ask(watch, {"Id": "e", "Expression": search}, hours=0.05)["MetricDataResults"]
    assert (found["Label"], set(found["Values"])) == (f"{NAME} Errors", {0.25})


def test_the_api_of_an_address() -> None:
    """AWS: an API's own host names its id and the path its stage; a domain's longest mapping wins."""
    stages = {"prod": Stage({"/one": "f"})}
    rest, http = (
        Api("rest1", REST, "1", "eu-west-1", {}, stages),
        Api("http1", HTTP, "1", "eu-west-1", {}, {}),
    )
    mappings = [PathMapping("", "rest1", ""), PathMapping("shop", "rest1", "prod")]
    domain = Domain("api.shop.example", "1", "eu-west-1", mappings=mappings)
    held = Gateways({"rest1": rest, "http1": http}, {("eu-west-1", domain.name): domain})

    def found(host: str, path: str) -> tuple[str, str, str] | None:
        place = locate(held, host, path)
        return (place.api.id, place.stage, place.resource) if place else None

    own = "rest1.execute-api.eu-west-1.amazonaws.com"
    assert found(own, "/prod/api/one") == ("rest1", "prod", "/one")
    assert found(own.replace("eu-west-1", "us-east-2"), "/prod/api/one") is None
    assert found(own.replace("rest1", "http1"), "/api/one") == ("http1", "$default", "/one")
    assert found("api.shop.example", "/shop/api/one") == ("rest1", "prod", "/one")
    assert found("api.shop.example", "/prod/api/one") == ("rest1", "prod", "/one")
    assert found("api.shop.example", "/shops/api/one") == ("rest1", "shops", "/one")
    assert found("other.example", "/api/one") is None
