"""What is joined once new samples are kept: days of each source, and whole accounts."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from monitoring.joining import floor, joined
from monitoring.keeping import keep
from monitoring.kinds import DAY, DISTRIBUTION, FIVE_MINUTES, HOUR
from monitoring.models import AccountSample, Collection, Sample, Source
from monitoring.rollups import join_stale, mark_stale
from monitoring.sources import keep_sources
from products.models import Account
from tests.estate_rows import put_estate
from tests.monitoring.test_overview import some_values

pytestmark = pytest.mark.django_db

TODAY = floor(datetime.now(UTC), DAY)


@pytest.fixture
def media() -> Account:
    put_estate()
    account = Account.objects.get(name="media")
    keep_sources(account)
    Collection.objects.create(account=account)
    return account


@pytest.fixture
def sources(media: Account) -> list[Source]:
    return list(Source.objects.filter(account=media, kind=DISTRIBUTION.name).order_by("pk"))


def hours(source: Source, first: datetime, count: int) -> dict[datetime, list[float | None]]:
    """Some values in each of so many hours, kept."""
    chance = random.Random(source.pk)
    told = {first + timedelta(hours=number): some_values(chance) for number in range(count)}
    keep(HOUR, {source.pk: told})
    return told


def days_of(source: Source) -> dict[datetime, list[float | None]]:
    return dict(Sample.objects.filter(source=source, period=DAY).values_list("at", "values"))


def test_days_are_joined_in_utc_as_python_joins_them(media: Account, sources: list[Source]) -> None:
    first = TODAY - timedelta(days=2)
    told = hours(sources[0], first, 30)
    mark_stale(media.pk, first)
    join_stale(media.pk)
    second = first + timedelta(days=1)
    assert days_of(sources[0]) == {
        day: pytest.approx(
            joined(DISTRIBUTION, [values for at, values in told.items() if floor(at, DAY) == day])
        )
        for day in (first, second)
    }
    assert days_of(sources[1]) == {}


def test_only_days_with_something_new_are_joined_again(media: Account, sources: list[Source]) -> None:
    first = TODAY - timedelta(days=3)
    hours(sources[0], first, 72)
    mark_stale(media.pk, first + timedelta(days=1, hours=7))
    join_stale(media.pk)
    assert sorted(days_of(sources[0])) == [first + timedelta(days=1), first + timedelta(days=2)]


def test_an_account_is_joined_with_what_is_gone_by_now(media: Account, sources: list[Source]) -> None:
    at = TODAY - timedelta(hours=5)
    told = [hours(source, at, 1)[at] for source in sources[:2]]
    Source.objects.filter(pk=sources[0].pk).update(gone_at=datetime.now(UTC))
    mark_stale(media.pk, at)
    join_stale(media.pk)
    row = AccountSample.objects.get(account=media, period=HOUR, at=at)
    assert row.values == pytest.approx(joined(DISTRIBUTION, told))


def test_of_an_account_five_minutes_are_joined_for_the_last_day_only(
    media: Account, sources: list[Source]
) -> None:
    now = floor(datetime.now(UTC), FIVE_MINUTES)
    times = [now - timedelta(hours=2), now - timedelta(hours=30)]
    keep(FIVE_MINUTES, {sources[0].pk: dict.fromkeys(times, [1.0] * 10)})
    mark_stale(media.pk, times[1])
    join_stale(media.pk)
    assert [row.at for row in AccountSample.objects.filter(period=FIVE_MINUTES)] == times[:1]


def test_what_a_worker_that_died_left_is_joined_by_the_next_one(
    media: Account, sources: list[Source]
) -> None:
    early, late = TODAY - timedelta(days=4), TODAY - timedelta(days=1)
    hours(sources[0], early, 1)
    mark_stale(media.pk, early)
    mark_stale(media.pk, late)
    join_stale(media.pk)
    assert early in days_of(sources[0])
    Sample.objects.filter(period=DAY).delete()
    join_stale(media.pk)
    assert days_of(sources[0]) == {}
