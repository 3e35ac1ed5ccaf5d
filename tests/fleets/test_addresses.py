"""Fleets whose API is reached by a custom domain name and names its functions by variables of its stage."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from tests.fleets.world import NAMES, FleetWorld
from tests.shipping import PRODUCT

API, SANDBOX = "k0y33bw7t8", "455510265254"
WHERE = f"account {SANDBOX}, us-east-2"
MAPPING = {"path": "base", "api": API, "stage": "prod"}
DOMAIN = "api.tim-combo.com"
ORIGIN = f"https://{DOMAIN}/base"
BY_ALIAS = "tim-sb-{name}:${stageVariables.alias}"


@pytest.fixture
def domain(fleet_world: FleetWorld) -> FleetWorld:
    """The environment test with this address, which leads to its API; the API's functions are called by a variable."""
    put_domain(fleet_world, MAPPING)
    ask(fleet_world, "targets", api=API, function=BY_ALIAS)
    set_variables(fleet_world, alias="live")
    move(ORIGIN)
    forget_what_was_seen()
    return fleet_world


def ask(world: FleetWorld, what: str, **wish: Any) -> None:
    world.cloud.control("POST", f"/apigateway/{what}", wish)


def put_domain(world: FleetWorld, mapping: dict[str, str]) -> None:
    """The domain with this mapping only."""
    ask(world, "domain", name=DOMAIN, account=SANDBOX, region="us-east-2", mappings=[mapping])


def move(origin: str) -> None:
    """The environment test has its API at this address."""
    from products.models import Environment

    Environment.objects.filter(product__slug=PRODUCT, name="test").update(api_origin=origin)


def set_variables(world: FleetWorld, **variables: str) -> None:
    ask(world, "stage", api=API, stage="prod", variables=variables)


def forget_what_was_seen() -> None:
    from deployments.models import Fleet

    Fleet.objects.update(mode="unknown", bindings={}, observed_at=None)


def mode() -> str:
    from deployments.models import Fleet

    return Fleet.objects.get(prefix="tim-sb-").mode


def page() -> str:
    """The environment's page as a release manager sees it."""
    from users.models import User

    client = Client()
    client.force_login(User.objects.get(username="release-manager"))
    found = client.get(reverse("environment", args=[PRODUCT, "test"]))
    assert found.status_code == 200
    return found.content.decode()


def failed_look(world: FleetWorld) -> str:
    """Look at the fleet, which must fail; why."""
    from deployments.services.observe import look_at
    from products.models import Environment
    from runs import runner

    row = Environment.objects.select_related("product", "backend_account").get(
        product__slug=PRODUCT, name="test"
    )
    run = look_at(actor=None, environment=row)
    while runner.advance(run.pk):
        pass
    run.refresh_from_db()
    assert run.state == "failed"
    return str(run.error)


def test_the_mode_behind_a_domain_and_a_variable_is_alias(domain: FleetWorld) -> None:
    """Seen as the role that only reads, shown on the page and in the plan, and gone by in a deployment."""
    domain.observe("test")
    assert mode() == "alias"
    assert "the API calls the alias live" in page()
    domain.register("5.0.0")
    plan = domain.plan("5.0.0")["backend"]
    assert (plan["mode"], plan["blockers"]) == ("alias", [])
    domain.live("5.0.0")
    assert domain.served() == dict.fromkeys(NAMES, "5.0.0")


def test_variables_without_an_alias_make_the_mode_latest(domain: FleetWorld) -> None:
    ask(domain, "targets", api=API, function="tim-${stageVariables.place}-{name}")
    set_variables(domain, place="sb")
    domain.observe("test")
    assert mode() == "latest"
    assert "the API calls $LATEST" in page()


ELSEWHERE = "https://api.tim-combo.org/base"


@pytest.mark.parametrize(
    ("origin", "mapping", "variables", "said"),
    [
        (ORIGIN, MAPPING, {"other": "live"}, f"Stage prod of API {API} in {WHERE}, has no variable alias,"),
        (ORIGIN, {**MAPPING, "path": "v2"}, {"alias": "live"}, f"{DOMAIN} in {WHERE}, maps no API to /base,"),
        (ELSEWHERE, MAPPING, {"alias": "live"}, f"{ELSEWHERE} leads to no API in {WHERE}:"),
    ],
)
def test_what_cannot_be_told_is_said_and_nothing_is_deployed(
    domain: FleetWorld, origin: str, mapping: dict[str, str], variables: dict[str, str], said: str
) -> None:
    """The page keeps what was seen last, with the sentence beside it; a deployment ends before it changes anything."""
    domain.observe("test")
    put_domain(domain, mapping)
    set_variables(domain, **variables)
    move(origin)
    error = failed_look(domain)
    assert said in error
    assert mode() == "alias"
    assert f"The last look failed: {escape(error)}" in page()
    domain.register("5.0.0")
    before, since = domain.served(), domain.cloud.next_call()
    ended = domain.world.work(domain.world.promote("5.0.0", half="backend"))
    assert ended["status"] == "failed"
    assert said in ended["error"]
    assert (domain.served(), domain.writes(since)) == (before, [])


def test_environments_that_call_one_fleet_in_two_ways_block_its_plan(fleet_world: FleetWorld) -> None:
    from products.models import Environment

    path = "arn:aws:apigateway:us-east-2:lambda:path/2015-03-31/functions"
    functions = [
        f"arn:aws:lambda:us-east-2:{SANDBOX}:function:{fleet_world.function(name)}" for name in NAMES
    ]
    targets = [f"{path}/{function}/invocations" for function in functions]
    ask(fleet_world, "http", id="second0001", account=SANDBOX, region="us-east-2", targets=targets)
    beside = Environment.objects.filter(product__slug="flux-systems", name="test")
    beside.update(api_origin="https://second0001.execute-api.us-east-2.amazonaws.com")
    fleet_world.register("5.0.0")
    fleet_world.observe()
    assert mode() == "mixed"
    (blocker,) = fleet_world.plan("5.0.0")["backend"]["blockers"]
    assert f"and {len(NAMES)} in another way" in blocker
