"""What `/metrics` says about numbers, their cost, verdicts, alarms and findings."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from deployments.models import Deployment
from monitoring.budget import spent
from monitoring.kinds import DISTRIBUTION, FLEET
from monitoring.metrics import MonitoringCollector
from monitoring.models import Collection, EdgeTruth, Source, Verdict, Watch
from monitoring.services.silence import silence
from monitoring.sources import keep_sources
from products.models import Account, Environment, Product
from tests.deployments.rows import environment, estate, live, ready
from tests.examples import person
from tests.monitoring.rows import ringing_alarm
from timcombo_console.metrics import metrics_text
from users.permissions import Role

pytestmark = pytest.mark.django_db

MINUTES = timedelta(minutes=1)
Labels = tuple[tuple[str, str], ...]


def told() -> dict[str, dict[Labels, float]]:
    """By name and labels, what `/metrics` answers."""
    families = text_string_to_metric_families(metrics_text().decode())
    found: dict[str, dict[Labels, float]] = {}
    for sample in (sample for family in families for sample in family.samples):
        found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def labels(**values: str) -> Labels:
    return tuple(sorted(values.items()))


@pytest.fixture
def product() -> Product:
    return estate()


@pytest.fixture
def media(product: Product) -> Account:
    account = Account.objects.get(name="media")
    Source.objects.filter(pk__in=[one.pk for one in keep_sources(account)]).update(until=timezone.now())
    return account


def watched(place: Environment, version: str, verdict: str) -> Deployment:
    manager = person(Role.RELEASE_MANAGER, f"manager of {version}")
    made = live(place, ready(place.product, version, manager), manager)
    now = timezone.now()
    Watch.objects.create(deployment=made, environment=place, began_at=now, ends_at=now, verdict=verdict)
    return made


def test_the_lag_is_that_of_the_source_furthest_behind(media: Account) -> None:
    rows = Source.objects.filter(account=media, kind=DISTRIBUTION.name)
    first, second, third = rows.order_by("pk")[:3]
    for source, minutes in ((first, 12), (second, 40)):
        Source.objects.filter(pk=source.pk).update(until=timezone.now() - minutes * MINUTES)
    Source.objects.filter(kind="bucket").update(until=timezone.now() - 2000 * MINUTES)
    Source.objects.filter(pk=third.pk).update(
        until=timezone.now() - 3000 * MINUTES, told={"problem": "It is not found."}
    )
    lag = told()["console_collection_lag_seconds"]
    assert lag == {labels(account="media"): pytest.approx(2400, abs=20)}


def test_what_is_gone_is_neither_counted_nor_late(media: Account) -> None:
    before = told()
    gone = Source.objects.filter(kind=DISTRIBUTION.name).first()
    assert gone is not None
    Source.objects.filter(pk=gone.pk).update(gone_at=timezone.now(), until=timezone.now() - 90 * MINUTES)
    after = told()
    kind = labels(kind=DISTRIBUTION.name)
    assert before["console_sources"][kind] - after["console_sources"][kind] == 1
    assert before["console_series"][()] - after["console_series"][()] == len(DISTRIBUTION.metrics)
    assert after["console_collection_lag_seconds"][labels(account="media")] < 60


def test_whether_the_last_question_was_answered(media: Account) -> None:
    sandbox = Account.objects.get(name="sandbox")
    Collection.objects.create(account=media, seen_at=timezone.now())
    Collection.objects.create(account=sandbox, failed_at=timezone.now(), error="Throttled.")
    failed = {labels(account="media"): 0, labels(account="sandbox"): 1}
    assert told()["console_collection_failed"] == failed


def test_calls_and_dollars_are_those_of_this_month(media: Account, settings: Any) -> None:
    settings.CONSOLE_METRICS_CAP = 7.0
    for metrics in (100_000, 30_000, 20_000):
        spent(media.pk, metrics, by_minute=False)
    for metrics in (20_000, 30_000):
        spent(Account.objects.get(name="sandbox").pk, metrics, by_minute=True)
    found = told()
    assert found["console_cloudwatch_calls"] == {labels(account="media"): 3, labels(account="sandbox"): 2}
    assert found["console_metrics_cost_dollars"] == {(): pytest.approx(2.0)}
    assert found["console_metrics_cap_dollars"] == {(): 7.0}


def test_the_newest_verdict_counts_and_all_that_were_decided(product: Product) -> None:
    watched(environment(product, "dev"), "1.0.0", Verdict.DEGRADED)
    watched(environment(product, "dev"), "1.1.0", Verdict.HEALTHY)
    watched(environment(product, "test"), "1.2.0", Verdict.WATCHING)
    found, place = told(), {"product": "tim-combo"}
    assert found["console_verdicts"] == {
        labels(**place, environment="dev", verdict="healthy"): 1,
        labels(**place, environment="test", verdict="watching"): 1,
    }
    assert found["console_watches_total"] == {labels(verdict="degraded"): 1, labels(verdict="healthy"): 1}


def test_alarms_that_ring_and_are_not_silenced(product: Product) -> None:
    place = environment(product, "test")
    ringing_alarm(place)
    quiet = ringing_alarm(place, name="console-other")
    ringing_alarm(place, name="console-quiet", state="OK")
    alarms = {labels(product="tim-combo", environment="test"): 2}
    assert told()["console_alarms_ringing"] == alarms
    silence(actor=person(Role.RELEASE_MANAGER), alarm=quiet, minutes=30, reason="Known.")
    assert told()["console_alarms_ringing"] == dict.fromkeys(alarms, 1)


def test_findings_are_those_about_what_runs_now(product: Product) -> None:
    runs = watched(environment(product, "test"), "1.0.0", Verdict.HEALTHY)
    found = [{"code": "edge", "text": "It differs."}, {"code": "certificate", "text": "It ends."}]
    EdgeTruth.objects.create(environment=runs.environment, deployment=runs.pk, findings=found)
    EdgeTruth.objects.create(environment=environment(product, "dev"), deployment=1, findings=found)
    assert told()["console_edge_findings"] == {labels(product="tim-combo", environment="test"): 2}


def test_as_many_queries_for_much_as_for_nothing(product: Product) -> None:
    def queries() -> int:
        registry = CollectorRegistry()
        registry.register(MonitoringCollector())
        with CaptureQueriesContext(connection) as captured:
            list(registry.collect())
        return len(captured)

    nothing = queries()
    for account in Account.objects.all():
        keep_sources(account)
        Collection.objects.create(account=account)
        spent(account.pk, 1, by_minute=False)
    for number, place in enumerate(product.environments.filter(name__in=["dev", "test"])):
        watched(environment(product, place.name), f"1.{number}.0", Verdict.HEALTHY)
        ringing_alarm(place, name=f"console-{number}")
    assert Source.objects.filter(kind=FLEET.name).exists()
    assert queries() == nothing
