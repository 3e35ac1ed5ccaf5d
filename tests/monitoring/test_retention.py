"""What is forgotten of numbers and alarms, and what stays."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from audit.models import Event
from monitoring import retention
from monitoring.keeping import keep
from monitoring.kinds import DAY, DISTRIBUTION, FIVE_MINUTES, HOUR, MINUTE
from monitoring.models import AccountSample, Alarm, AlarmChange, Build, Sample, Source, Verdict, Watch
from monitoring.retention import forget_old
from monitoring.services.builds import register_build
from monitoring.sources import keep_sources
from monitoring.windows import KEPT
from products.models import Account
from tests.deployments.rows import environment, estate, live, ready
from tests.examples import person
from tests.monitoring.rows import ringing_alarm
from users.permissions import Role

pytestmark = pytest.mark.django_db

LITTLE = timedelta(minutes=10)
VALUES = [1.0] * len(DISTRIBUTION.metrics)


@pytest.fixture
def source() -> Source:
    estate()
    rows = keep_sources(Account.objects.get(name="media"))
    return next(one for one in rows if one.kind == DISTRIBUTION.name)


def ago(by: timedelta) -> datetime:
    return timezone.now() - by


@pytest.mark.parametrize("period", [MINUTE, FIVE_MINUTES, HOUR, DAY])
def test_samples_are_kept_as_long_as_their_period_allows(source: Source, period: int) -> None:
    times = [ago(KEPT[period] - LITTLE), ago(KEPT[period] + LITTLE), ago(2 * KEPT[period])]
    keep(period, {source.pk: dict.fromkeys(times, VALUES)})
    events = Event.objects.count()
    forget_old()
    assert list(Sample.objects.values_list("period", "at")) == [(period, times[0])]
    assert Event.objects.count() == events


@pytest.mark.parametrize("period", [FIVE_MINUTES, HOUR])
def test_what_is_joined_of_an_account_is_kept_as_long(source: Source, period: int) -> None:
    young = ago(KEPT[period] - LITTLE)
    for at in (young, ago(KEPT[period] + LITTLE)):
        AccountSample.objects.create(account=source.account, period=period, at=at, values=VALUES)
    forget_old()
    assert [row.at for row in AccountSample.objects.all()] == [young]


def test_a_little_at_a_time_and_at_last_all(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "A_TIME", 4)
    others = [one for one in Source.objects.filter(kind=DISTRIBUTION.name) if one != source]
    old = {ago(timedelta(days=70) + number * LITTLE): VALUES for number in range(6)}
    keep(FIVE_MINUTES, {source.pk: old, others[0].pk: old})
    left = []
    while Sample.objects.exists():
        forget_old()
        left.append(Sample.objects.count())
    assert left == [8, 4, 0]


def test_a_source_goes_after_its_last_sample(source: Source) -> None:
    longest = max(KEPT.values())
    Source.objects.filter(pk=source.pk).update(gone_at=ago(longest - LITTLE))
    forget_old()
    assert Source.objects.filter(pk=source.pk).exists()
    Source.objects.filter(pk=source.pk).update(gone_at=ago(longest + LITTLE))
    keep(HOUR, {source.pk: {ago(LITTLE): VALUES}})
    forget_old()
    assert Source.objects.filter(pk=source.pk).exists()
    Sample.objects.all().delete()
    others = Source.objects.count() - 1
    forget_old()
    assert not Source.objects.filter(pk=source.pk).exists()
    assert Source.objects.count() == others


def test_alarms_that_are_gone_and_their_old_changes_go() -> None:
    kept = ringing_alarm()
    gone = ringing_alarm(kept.environment, name="console-gone", gone_at=ago(timedelta(days=91)))
    lately = ringing_alarm(kept.environment, name="console-lately", gone_at=ago(timedelta(days=89)))
    for days in (89, 91):
        AlarmChange.objects.create(alarm=kept, at=ago(timedelta(days=days)), was="OK", state="ALARM")
    AlarmChange.objects.create(alarm=gone, at=timezone.now(), was="OK", state="ALARM")
    forget_old()
    assert set(Alarm.objects.all()) == {kept, lately}
    assert [change.at.date() for change in AlarmChange.objects.all()] == [ago(timedelta(days=89)).date()]


def test_builds_are_kept_as_long_as_the_oldest_numbers() -> None:
    product, ci = estate(), person(Role.RELEASE_MANAGER)
    for days, version in ((456, "1.0.0"), (454, "1.1.0"), (0, "1.2.0")):
        build = register_build(actor=ci, product=product, version=version, status="failed")
        Build.objects.filter(pk=build.pk).update(at=ago(timedelta(days=days)))
    forget_old()
    assert [build.version for build in Build.objects.order_by("pk")] == ["1.1.0", "1.2.0"]


def test_watches_stay_with_their_deployments() -> None:
    product, manager = estate(), person(Role.RELEASE_MANAGER)
    made = live(environment(product, "dev"), ready(product, "1.0.0", manager), manager)
    at = ago(timedelta(days=900))
    Watch.objects.create(
        deployment=made, environment=made.environment, began_at=at, ends_at=at, verdict=Verdict.HEALTHY
    )
    forget_old()
    assert Watch.objects.count() == 1
