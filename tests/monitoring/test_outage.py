"""CloudWatch is down for an hour: pages say so, deployments go on, and afterwards nothing is missing."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from aws.calls import Patience
from monitoring.joining import floor
from tests.monitoring.conftest import WHOLE, Eyes, minutes, now

FIVE = timedelta(minutes=5)
ACCOUNTS = ("media", "sandbox")


class Outage:
    """Since an hour CloudWatch answers nothing, with a site that had traffic before and meanwhile."""

    def __init__(self, eyes: Eyes) -> None:
        self.eyes, self.world = eyes, eyes.world
        self.world.stock("1.0.0", "1.1.0")
        self.world.live("1.0.0")
        self.end = floor(now(), 300)
        eyes.edge(minutes(self.end - 2 * WHOLE, self.end), requests=100, errors_5xx=0.1)
        assert [eyes.collect(name).state for name in ACCOUNTS] == ["succeeded"] * 2
        self._an_hour_passes()
        self.fault = eyes.cloud.faults("monitoring", "*", "error", status=503, code="InternalFailure")

    def _an_hour_passes(self) -> None:
        from monitoring.models import Collection, Sample, Source

        # What is measured by the day is not behind, unless the hour began yesterday.
        hourly = Source.objects.exclude(kind__in=("bucket", "certificate"))
        hourly.filter(until__gt=self.end - WHOLE).update(until=self.end - WHOLE)
        Source.objects.exclude(minutes_until=None).update(minutes_until=self.end - WHOLE)
        Sample.objects.filter(at__gte=self.end - WHOLE, period=300).delete()
        Sample.objects.filter(at__gt=self.end - 2 * WHOLE, period=3600).delete()
        Collection.objects.update(asked_at=now() - WHOLE, seen_at=now() - WHOLE)

    def fails(self) -> None:
        assert [self.eyes.collect(name).state for name in ACCOUNTS] == ["failed"] * 2

    def ends(self) -> None:
        """CloudWatch answers again, and the pause after a failure is over."""
        from monitoring.models import Collection

        self.eyes.cloud.clear_faults(self.fault)
        Collection.objects.update(asked_at=now() - 2 * FIVE, failed_at=now() - 2 * FIVE)

    def page(self) -> str:
        from users.models import User

        client = Client()
        client.force_login(User.objects.get(username="viewer"))
        return client.get("/products/tim-combo/monitoring/?env=test&range=1h").content.decode()

    def due(self) -> list[str]:
        from monitoring.collecting import due_accounts

        return [account.name for account in due_accounts(now()) if account.name in ACCOUNTS]


@pytest.fixture
def outage(eyes: Eyes, monkeypatch: pytest.MonkeyPatch) -> Outage:
    """Calls are given up at once, where a worker goes on for a minute each time."""
    monkeypatch.setattr(Patience, "pause", lambda *_: None)
    return Outage(eyes)


def test_pages_say_how_old_the_numbers_are_and_why_and_nobody_asks_again_at_once(outage: Outage) -> None:
    assert outage.due() == ["media", "sandbox"]
    outage.fails()
    assert outage.due() == []
    page = outage.page()
    assert "The numbers are from" in page
    assert "1 h ago" in page
    assert "InternalFailure" in page
    assert "Deployments are not affected." in page


def test_while_something_is_watched_a_failure_is_followed_by_another_question_after_a_minute(
    outage: Outage,
) -> None:
    from monitoring.models import Collection, Watch

    outage.world.live("1.1.0")
    outage.fails()
    assert outage.due() == []
    Collection.objects.update(asked_at=now() - timedelta(minutes=2), failed_at=now() - timedelta(minutes=2))
    assert outage.due() == ["media", "sandbox"]
    Watch.objects.update(verdict="healthy")
    assert outage.due() == []


def test_deployments_go_on_and_their_health_ends_as_unknown_with_the_cause(outage: Outage) -> None:
    from audit.models import Event
    from monitoring.judging import judge_all
    from monitoring.models import Watch

    deployed = outage.world.live("1.1.0")
    outage.fails()
    watch = Watch.objects.filter(deployment=deployed["id"])
    assert outage.world.environment()["live"] == "1.1.0"
    judge_all()
    assert watch.get().verdict == "watching"
    watch.update(began_at=now() - timedelta(minutes=30), ends_at=now() - timedelta(minutes=11))
    judge_all()
    told = outage.world.deployment(deployed["id"])["health"]
    assert told["verdict"] == "unknown"
    assert told["text"].startswith(f"CloudWatch's numbers reach only until {outage.end - WHOLE:%H:%M} UTC.")
    assert "InternalFailure" in told["text"]
    event = Event.objects.get(action="health.judged")
    assert "1.1.0 in Tim-Combo test is neither known to be healthy nor degraded." in event.summary
    assert outage.world.environment()["live"] == "1.1.0"


def test_what_was_judged_by_nothing_is_not_rolled_back(outage: Outage) -> None:
    from deployments.models import Deployment
    from monitoring.judging import judge_all
    from monitoring.models import Watch
    from products.models import Environment

    Environment.objects.filter(product__slug="tim-combo", name="test").update(auto_rollback=True)
    outage.world.live("1.1.0")
    outage.fails()
    Watch.objects.update(began_at=now() - timedelta(minutes=30), ends_at=now() - timedelta(minutes=11))
    judge_all()
    judge_all()
    assert not Deployment.objects.filter(kind="rollback").exists()


def test_after_it_everything_is_filled_in_by_one_question_for_each_period(outage: Outage) -> None:
    """Five minutes of everything, and the minutes of what is watched."""
    outage.fails()
    outage.ends()
    assert outage.due() == ["media", "sandbox"]
    since = outage.eyes.cloud.next_call()
    assert outage.eyes.collect().state == "succeeded"
    assert len(outage.eyes.asked(since)) == 2
    source = outage.eyes.source()
    assert source.until == outage.end
    samples = outage.eyes.samples(source)
    assert {at: values[0] for at, values in samples.items() if at >= outage.end - WHOLE} == dict.fromkeys(
        _fives(outage.end - WHOLE, outage.end), 500.0
    )
    hour = floor(outage.end - WHOLE, 3600)
    within = [values for at, values in samples.items() if hour <= at < hour + WHOLE]
    assert outage.eyes.samples(source, 3600)[hour][0] == sum(values[0] or 0 for values in within)
    assert outage.eyes.collect("sandbox").state == "succeeded"
    assert "The numbers are from" not in outage.page()


def _fives(start: datetime, end: datetime) -> list[datetime]:
    return [start + number * FIVE for number in range((end - start) // FIVE)]


def test_a_watch_that_still_waits_is_judged_by_what_came_late(outage: Outage) -> None:
    from monitoring.judging import judge_all
    from monitoring.models import Watch

    deployed = outage.world.live("1.1.0")
    outage.fails()
    began = floor(now(), 60) - timedelta(minutes=6)
    Watch.objects.filter(deployment=deployed["id"]).update(began_at=began)
    outage.eyes.edge(minutes(began, now()), requests=1000, errors_5xx=20.0)
    outage.ends()
    assert outage.eyes.collect().state == "succeeded"
    judge_all()
    watch: Any = Watch.objects.get(deployment=deployed["id"])
    assert watch.verdict == "degraded"
    assert watch.text.startswith("Answers 5xx: ")
