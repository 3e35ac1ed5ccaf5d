"""Two deployments in one account: together they stay below AWS's limit, and neither waits for the other's end."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from aws.bucket import CONTROL_RATE
from deployments.models import Fleet
from products.models import Account, Environment
from tests.cloud import REGION
from tests.deployments.fleets import code
from tests.fleets.world import NAMES, FleetWorld
from tests.shipping import PRODUCT, Answer

CONTROL = {
    "UpdateFunctionCode",
    "PublishVersion",
    "UpdateAlias",
    "CreateAlias",
    "ListFunctions",
    "GetAccountSettings",
}
WINDOW = 3.0
SECOND_PREFIX, SECOND_API = "tim-stage-", "stageapi01"


@pytest.fixture
def stage(fleet_world: FleetWorld) -> FleetWorld:
    """The environment stage has functions of its own in the account of test, called by alias."""
    account = Account.objects.get(name="sandbox")
    functions = fleet_world.lambda_of("test")
    targets = [_make_function(functions, SECOND_PREFIX + name, name) for name in NAMES]
    wish = {"id": SECOND_API, "account": account.aws_id, "region": REGION, "targets": targets}
    fleet_world.cloud.control("POST", "/apigateway/http", wish)
    rows = Environment.objects.filter(product__slug=PRODUCT, name="stage")
    origin = f"https://{SECOND_API}.execute-api.{REGION}.amazonaws.com"
    place = {"function_prefix": SECOND_PREFIX, "code_bucket": "tim-sb-be-live", "api_origin": origin}
    assert rows.update(backend_account=account, **place) == 1
    fleet_world.observe("stage")
    assert Fleet.objects.get(prefix=SECOND_PREFIX).mode == "alias"
    return fleet_world


def _make_function(functions: Any, function: str, name: str) -> str:
    """A function whose alias names its first version; what an API calls it by."""
    arn = functions.create_function(
        FunctionName=function,
        Runtime="nodejs20.x",
        Handler="index.handler",
        Role="arn:aws:iam::455510265254:role/handlers",
        Code={"ZipFile": code(name, "0")},
        Publish=True,
    )["FunctionArn"].removesuffix(":1")
    functions.create_alias(FunctionName=function, Name="live", FunctionVersion="1")
    invoked = f"{arn}:live"
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{invoked}/invocations"


@pytest.mark.slow
def test_two_deployments_in_one_account_share_its_limit(stage: FleetWorld, settings: Any) -> None:
    stage.register("5.0.0")
    wishes = [stage.world.promote("5.0.0", place, half="backend") for place in ("test", "stage")]
    stage.cloud.settings(lambda_rate=CONTROL_RATE)
    settings.CONSOLE_LAMBDA_SHARE = 1
    since = stage.cloud.next_call()
    with ThreadPoolExecutor(2) as workers:
        ended = list(workers.map(lambda wish: _carried_out(stage, wish), wishes))
    assert [one["status"] for one in ended] == ["live", "live"]
    calls = [call for call in stage.cloud.calls(since, "lambda") if call["operation"] in CONTROL]
    assert not [call for call in calls if call["code"] == "TooManyRequestsException"]
    # Calls that a busy machine held up arrive with those after them.
    assert _most_in(WINDOW, calls) <= WINDOW * CONTROL_RATE + CONTROL_RATE / 2
    first = Counter(_fleet(call) for call in _writes(calls)[: 2 * len(NAMES)])
    assert min(first.values()) >= len(NAMES) / 2


def _carried_out(stage: FleetWorld, wish: Answer) -> Answer:
    from django.db import connection

    try:
        return stage.world.work(wish)
    finally:
        connection.close()


def _writes(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        call for call in calls if call["operation"] in {"UpdateFunctionCode", "PublishVersion", "UpdateAlias"}
    ]


def _fleet(call: dict[str, Any]) -> str:
    return SECOND_PREFIX if call["resource"].startswith(SECOND_PREFIX) else "tim-sb-"


def _most_in(seconds: float, calls: list[dict[str, Any]]) -> int:
    """The most calls that any so many seconds had."""
    times: list[float] = [call["at"] for call in calls]
    return max(sum(start <= at < start + seconds for at in times) for start in times)
