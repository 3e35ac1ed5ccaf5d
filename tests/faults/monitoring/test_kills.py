"""Workers that are killed while they ask CloudWatch, or while they begin the way back from a degraded deployment."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from monitoring.joining import floor
from tests.crew import Crew
from tests.monitoring.conftest import MEDIA, Eyes, keep_clear_of_a_boundary, minutes, now
from tests.shipping import World

if TYPE_CHECKING:
    from runs.models import Run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LATE = 3000.0
"""Milliseconds after which an answer comes that its worker did not live to see."""
FIVE, HOUR = timedelta(minutes=5), timedelta(hours=1)


@pytest.fixture
def eyes(world: World) -> Eyes:
    """All accounts were asked an hour ago, except that `dev` is known for five minutes less: so there are two calls."""
    from monitoring.models import Source

    keep_clear_of_a_boundary(40)
    eyes = Eyes(world)
    end = floor(now(), 300)
    for name, requests in (("dev", 10), ("test", 100), ("stage", 1000)):
        eyes.edge(minutes(end - 2 * HOUR, end), name, requests=requests, errors_5xx=1.0)
    assert eyes.collect().state == "succeeded"
    Source.objects.filter(kind="distribution").update(until=end - HOUR)
    Source.objects.filter(pk=eyes.source(environment="dev").pk).update(until=end - HOUR - FIVE)
    forget_the_hour(end)
    return eyes


def forget_the_hour(end: datetime) -> None:
    from monitoring.models import Sample

    Sample.objects.filter(period=300, at__gte=end - HOUR - FIVE).delete()
    Sample.objects.filter(period=3600, at__gte=end - 2 * HOUR).delete()


def on_its_own(*names: str) -> None:
    """Only the test begins what is scheduled under these names."""
    from runs.models import Schedule

    for name in names:
        Schedule.objects.update_or_create(name=name, defaults={"due_at": now() + HOUR})


@pytest.mark.parametrize("calls_before", [0, 1], ids=["at the first call", "between two batches"])
def test_a_collector_that_is_killed_goes_on_by_itself_and_counts_nothing_twice(
    eyes: Eyes, crew: Crew, calls_before: int
) -> None:
    from monitoring.collecting import collect_from
    from products.models import Account

    end = floor(now(), 300)
    on_its_own("ask for numbers")
    crew.begin(runners=0, watchers=2)
    since = eyes.cloud.next_call()
    late = eyes.cloud.faults(
        "monitoring", "GetMetricData", "latency", ms=LATE, skip=calls_before, count=1, account=MEDIA
    )
    run = collect_from(actor=None, account=Account.objects.get(name="media"))
    crew.until(lambda: not eyes.cloud.waits(late), "the call under way")
    run.refresh_from_db()
    kept = [name for name in ("dev", "test", "stage") if eyes.source(environment=name).until == end]
    assert bool(kept) == bool(calls_before)
    _kill_worker_of(crew, run)
    crew.until(partial(_has_ended, run), "the end")
    assert _again(run).state == "succeeded", _again(run).error
    crew.until(lambda: len(eyes.asked(since)) == 3, "the late answer")
    for name, requests in (("dev", 10), ("test", 100), ("stage", 1000)):
        source = eyes.source(environment=name)
        assert source.until == end
        _holds_the_hour_once(eyes, source, requests, end)


def _holds_the_hour_once(eyes: Eyes, source: Any, requests: float, end: datetime) -> None:
    """All twelve times five minutes, and hours that are their sums."""
    samples = eyes.samples(source)
    told = {at: values[0] for at, values in samples.items() if at >= end - HOUR}
    assert told == {end - HOUR + number * FIVE: 5 * requests for number in range(12)}
    hour = floor(end - HOUR, 3600)
    within = [values[0] or 0 for at, values in samples.items() if hour <= at < hour + HOUR]
    assert eyes.samples(source, 3600)[hour][0] == sum(within)


def test_a_waker_that_is_killed_while_it_begins_the_way_back_leaves_exactly_one(
    world: World, crew: Crew
) -> None:
    from audit.models import Event
    from deployments.models import Deployment
    from monitoring.models import Watch
    from runs.models import Run

    watch = _degraded(world)
    on_its_own("ask for numbers", "look at the edge")
    with _audit_locked(crew):
        crew.begin()
        crew.until(lambda: bool(_stuck(crew)), "the way back under way")
        waker = next(one for one in crew.workers.started if one.command.name.startswith("wake"))
        waker.kill()
    assert not Deployment.objects.filter(kind="rollback").exists()
    assert not Run.objects.filter(state__in=("queued", "running"), deployment__isnull=False).exists()
    crew.until(lambda: Watch.objects.get(pk=watch.pk).rollback_id is not None, "the way back")
    back = Deployment.objects.get(kind="rollback")
    crew.until(lambda: world.deployment(back.pk)["status"] == "live", "its end")
    assert Watch.objects.get(pk=watch.pk).rollback_id == back.pk
    assert world.environment()["live"] == "1.0.0"
    assert Event.objects.filter(action="deployment.rollback", result="ok").count() == 1


def _degraded(world: World) -> Any:
    """A deployment that was found to be degraded where the console may go back, and did not yet."""
    from monitoring.models import Watch
    from products.models import Environment

    world.stock("1.0.0", "1.1.0")
    world.live("1.0.0")
    answer = world.live("1.1.0")
    Environment.objects.filter(product__slug="tim-combo", name="test").update(auto_rollback=True)
    watch = Watch.objects.get(deployment=answer["id"])
    Watch.objects.filter(pk=watch.pk).update(verdict="degraded", decided_at=now(), text="It was bad.")
    return watch


@contextmanager
def _audit_locked(crew: Crew) -> Iterator[None]:
    """Nobody can write an event meanwhile: whoever begins a deployment stands still with all its rows written."""
    with psycopg.connect(crew.workers.database.owner_url) as owner:
        owner.execute("LOCK TABLE audit_event IN SHARE ROW EXCLUSIVE MODE")
        yield


def _stuck(crew: Crew) -> list[Any]:
    """Who waits to write an event."""
    waiting = "SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'audit_event'::regclass"
    with psycopg.connect(crew.workers.database.owner_url, autocommit=True) as owner:
        return owner.execute(waiting).fetchall()


def _kill_worker_of(crew: Crew, run: "Run") -> None:
    from runs import nudge
    from tests.runs.rows import expire

    next(one for one in crew.workers.started if one.command.name == run.worker).kill()
    expire(run)
    nudge.nudge(run.pk, run.kind)


def _has_ended(run: "Run") -> bool:
    return not _again(run).is_active


def _again(run: "Run") -> "Run":
    return type(run).objects.get(pk=run.pk)
