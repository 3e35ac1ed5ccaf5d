"""What is measured and found shows in the matrix: lines, alarms, degraded health, an edge that differs."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from deployments.models import Deployment
from monitoring.models import EdgeTruth, Silence, Source, Watch
from products.models import Environment, Product
from tests.deployments.rows import environment, estate, live, ready
from tests.examples import person
from tests.monitoring.rows import ringing_alarm
from tests.users.rows import visitor
from timcombo_console.cells import Cell, cell_html
from timcombo_console.matrix import cells_of, changed_since, progress_of
from timcombo_console.places import places
from users.models import User
from users.permissions import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> User:
    return person(Role.RELEASE_MANAGER)


@pytest.fixture
def product() -> Product:
    return estate()


@pytest.fixture
def test(product: Product) -> Environment:
    return environment(product, "test")


@pytest.fixture
def running(product: Product, test: Environment, manager: User) -> Deployment:
    return live(test, ready(product, "1.0.0", manager), manager)


def cell(place: Environment) -> Cell:
    rows = places()
    return cells_of(rows, progress_of(rows))[place.pk]


def test_the_line_of_the_last_hour_is_that_of_its_own_distribution(
    test: Environment, running: Deployment
) -> None:
    for kind, name in (
        ("distribution", test.distribution_id),
        ("distribution", "E99OTHER"),
        ("bucket", test.bucket),
    ):
        Source.objects.create(
            kind=kind,
            account=test.frontend_account,
            region="us-east-1",
            name=name,
            spark=f"0,1 48,{len(name)}",
        )
    shown = cell(test)
    assert shown.spark == f"0,1 48,{len(test.distribution_id)}"
    html = str(cell_html(shown))
    assert f'<polyline points="{shown.spark}"/>' in html


def test_ringing_alarms_are_counted_unless_somebody_silenced_them(
    test: Environment, running: Deployment
) -> None:
    alarm = ringing_alarm(test)
    ringing_alarm(test, name="another", state="OK")
    assert cell(test).alarms == 1
    html = str(cell_html(cell(test)))
    assert "#bell" in html
    assert "1 alarm rings" in html
    Silence.objects.create(
        alarm=alarm, reason="Known", until=timezone.now() + timedelta(hours=1), actor=person(Role.ADMIN)
    )
    assert cell(test).alarms == 0


def test_degraded_shows_only_while_that_deployment_runs(
    product: Product, test: Environment, running: Deployment, manager: User
) -> None:
    moment = timezone.now()
    Watch.objects.create(
        deployment=running,
        environment=test,
        began_at=moment,
        ends_at=moment,
        verdict="degraded",
        decided_at=moment,
    )
    assert cell(test).degraded
    assert "fares worse since its deployment" in str(cell_html(cell(test)))
    live(test, ready(product, "1.1.0", manager), manager)
    assert not cell(test).degraded


def test_an_edge_that_differs_shows_only_for_what_was_declared_then(
    test: Environment, running: Deployment
) -> None:
    row = EdgeTruth.objects.create(
        environment=test,
        deployment=running.pk,
        findings=[{"code": "by-hand", "text": "x"}],
        changed_at=timezone.now(),
    )
    assert cell(test).edge_differs
    assert "the edge serves something else" in str(cell_html(cell(test)))
    EdgeTruth.objects.filter(pk=row.pk).update(deployment=running.pk - 1)
    assert not cell(test).edge_differs


def test_what_is_found_makes_the_page_draw_the_cell_anew_and_needs_attention(
    test: Environment, running: Deployment
) -> None:
    before = timezone.now() + timedelta(seconds=10)
    assert test.pk not in changed_since(places(), before)
    ringing_alarm(test, changed_at=before)
    assert test.pk in changed_since(places(), before)
    page = visitor(person(Role.VIEWER)).get("/?show=attention").content.decode()
    assert "Tim-Combo" in page


def test_all_of_it_takes_one_query(test: Environment, running: Deployment) -> None:
    ringing_alarm(test)
    with CaptureQueriesContext(connection) as found:
        places()
    assert len(found) == 1
