"""The matrix: what each cell says of where its environment is, and what the page asks of the database."""

import pytest
from django.db import connection
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from deployments.models import EnvironmentState, Release
from deployments.services.mark_bad import mark_bad
from deployments.services.promote import promote
from products.models import Environment, Product
from runs.models import RunState, RunStep, StepState, StepTime
from tests.deployments.rows import end, environment, estate, live, ready
from tests.examples import person
from tests.users.rows import visitor
from timcombo_console.addresses import address
from timcombo_console.cells import Cell
from timcombo_console.matrix import cells_of, progress_of
from timcombo_console.places import places
from users.models import User
from users.permissions import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> User:
    return person(Role.RELEASE_MANAGER)


@pytest.fixture
def product() -> Product:
    product = estate()
    Environment.objects.update(distribution_id=Concat(Value("E1"), Cast("pk", CharField())))
    return product


@pytest.fixture
def first(product: Product, manager: User) -> Release:
    return ready(product, "1.0.0", manager)


@pytest.fixture
def second(product: Product, first: Release, manager: User) -> Release:
    return ready(product, "1.1.0+rc1", manager)


def cell(product: Product, name: str) -> Cell:
    rows = places()
    return cells_of(rows, progress_of(rows))[product.environments.get(name=name).pk]


def fail(product: Product, name: str, release: Release, by: User) -> None:
    deployment = promote(actor=by, environment=environment(product, name), release=release, reason="Why.")
    end(deployment, RunState.FAILED)
    EnvironmentState.objects.filter(environment=deployment.environment).update(failed=deployment, active=None)


def test_environments_come_by_product_and_position(product: Product) -> None:
    found = [(row["product_name"], row["position"]) for row in places()]
    assert found == sorted(found)
    assert len(found) == Environment.objects.count()


def test_a_live_environment(product: Product, first: Release, manager: User) -> None:
    assert cell(product, "dev").state == "never"
    live(environment(product, "dev"), first, manager)
    shown = cell(product, "dev")
    assert (shown.state, shown.version, shown.verified) == ("live", "1.0.0", True)
    assert shown.who == manager.display_name


def test_what_is_ready_comes_from_the_environment_before(
    product: Product, first: Release, second: Release, manager: User
) -> None:
    dev = environment(product, "dev")
    live(dev, first, manager)
    assert cell(product, "dev").ready_version == "1.1.0+rc1"
    assert cell(product, "dev").ready_url == reverse("promote", args=[product.slug, "dev", "1.1.0+rc1"])
    assert cell(product, "test").ready_version == "1.0.0"
    mark_bad(actor=manager, release=second, bad=True, reason="It breaks.")
    assert cell(product, "dev").ready_version == ""


def test_a_deployment_under_way(product: Product, first: Release, manager: User) -> None:
    promote(actor=manager, environment=environment(product, "dev"), release=first, reason="Why.")
    assert (cell(product, "dev").state, cell(product, "dev").next_version) == ("queued", "1.0.0")
    running = EnvironmentState.objects.get(environment__product=product, environment__name="dev").active
    assert running is not None
    type(running.run).objects.update(state=RunState.RUNNING)
    steps = RunStep.objects.filter(run=running.run).order_by("position")
    RunStep.objects.filter(pk=steps[0].pk).update(state=StepState.DONE)
    shown = cell(product, "dev")
    assert (shown.state, shown.step, shown.steps, shown.seconds_left) == ("running", 2, len(steps), None)
    for step in steps:
        StepTime.objects.create(kind="deployment", step=step.name, recent=[2.0, 3.0, 9.0])
    assert cell(product, "dev").seconds_left == 3.0 * (len(steps) - 1)


def test_a_failed_deployment_keeps_what_is_live(
    product: Product, first: Release, second: Release, manager: User
) -> None:
    live(environment(product, "dev"), first, manager)
    fail(product, "dev", second, manager)
    shown = cell(product, "dev")
    assert (shown.state, shown.version, shown.next_version) == ("failed", "1.0.0", "1.1.0+rc1")
    assert shown.step_name
    assert shown.at is not None


def test_six_queries_whatever_goes_on(
    product: Product, first: Release, second: Release, manager: User
) -> None:
    client = visitor(manager)
    live(environment(product, "dev"), first, manager)
    live(environment(product, "test"), first, manager)
    promote(actor=manager, environment=environment(product, "dev"), release=second, reason="Why.")
    fail(product, "test", first, manager)
    for address_of_page in ("matrix", "matrix-changes"):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(address_of_page)).status_code == 200
        assert len(queries) <= 6


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("audit", ()),
        ("audit-event", (7,)),
        ("product", ("tim-combo",)),
        ("promote", ("tim-combo", "dev", "1.1.0+rc_1-x")),
    ],
)
def test_addresses_are_those_of_reverse(name: str, arguments: tuple[str | int, ...]) -> None:
    assert address(name, *arguments) == reverse(name, args=arguments)


def test_a_newer_release_of_a_back_end_alone_hides_none_of_the_front_end(
    product: Product, first: Release, manager: User
) -> None:
    ready(product, "9.0.0", manager, target="backend")
    assert cell(product, "dev").ready_version == "1.0.0"
    page = visitor(manager).get(address("environment", product.slug, "dev"))
    assert "Promote 1.0.0 to dev" in page.text
