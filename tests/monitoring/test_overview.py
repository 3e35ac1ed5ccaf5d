"""Numbers of everything: joined by the database as Python joins them, in a fixed number of queries."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitoring.joining import floor, joined
from monitoring.keeping import keep
from monitoring.kinds import DISTRIBUTION, FIVE_MINUTES, HOUR
from monitoring.models import Collection, Source
from monitoring.pages.age import age_of
from monitoring.rollups import join_stale, mark_stale
from monitoring.selectors.samples import overview
from monitoring.sources import keep_sources
from products.models import Account, Environment
from tests.estate_rows import put_estate
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def sources() -> list[Source]:
    put_estate()
    return [one for one in keep_sources(Account.objects.get(name="media")) if one.kind == DISTRIBUTION.name]


def join(since: datetime) -> None:
    """As a question does at its end."""
    media = Account.objects.get(name="media")
    Collection.objects.get_or_create(account=media)
    mark_stale(media.pk, since)
    join_stale(media.pk)


def some_values(chance: random.Random) -> list[float | None]:
    return [
        chance.choice([None, chance.uniform(0, 100)]) if at else chance.choice([0.0, 10.0, 250.0])
        for at in range(10)
    ]


def test_the_database_joins_as_python_does(sources: list[Source]) -> None:
    chance, end = random.Random(7), floor(datetime.now(UTC), FIVE_MINUTES)
    times = [end - timedelta(seconds=FIVE_MINUTES * n) for n in range(1, 9)]
    told = {one.pk: {at: some_values(chance) for at in times} for one in sources}
    keep(FIVE_MINUTES, told)
    join(times[-1])
    found = overview(FIVE_MINUTES, FIVE_MINUTES, times[-1], end)
    for pk, samples in told.items():
        assert list(found.by_source[pk]) == pytest.approx(
            joined(DISTRIBUTION, [samples[at] for at in sorted(samples)])
        )
    for at in times:
        assert list(found.by_time[at]) == pytest.approx(joined(DISTRIBUTION, [told[pk][at] for pk in told]))
    every = [values for samples in told.values() for values in samples.values()]
    assert list(found.whole) == pytest.approx(joined(DISTRIBUTION, every))


def test_the_page_takes_as_many_queries_for_many_environments_as_for_few(sources: list[Source]) -> None:
    client = Client()
    client.force_login(User.objects.create_user("viewer", password="x" * 12, role="viewer"))
    end = floor(datetime.now(UTC), HOUR)
    keep(HOUR, {one.pk: {end - timedelta(hours=1): [100.0] * 10} for one in sources})
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get("/monitoring/?range=24h&sort=errors_5xx").status_code == 200
        counts.append(len(queries))
        Environment.objects.filter(product__slug="flux-systems").update(distribution_id="")
    assert counts[0] == counts[1]


def test_one_new_source_makes_the_others_no_older(sources: list[Source]) -> None:
    now = datetime.now(UTC)
    Source.objects.update(until=now)
    Source.objects.filter(pk=sources[0].pk).update(until=None)
    rows = list(Source.objects.filter(pk__in=[one.pk for one in sources]))
    age = age_of(rows)
    assert (age.until, age.old, age.why, age.new) == (now, False, "", 1)
    Source.objects.filter(pk=sources[1].pk).update(until=now - timedelta(hours=2))
    late = age_of(Source.objects.filter(pk__in=[one.pk for one in sources]))
    assert (late.until, late.old, late.new) == (now - timedelta(hours=2), True, 1)
    Source.objects.filter(pk=sources[1].pk).update(until=now)
    Collection.objects.create(account=sources[0].account, failed_at=now, error="The role was refused.")
    refused = age_of(Source.objects.filter(pk__in=[one.pk for one in sources]))
    assert (refused.until, refused.old, refused.new) == (now, True, 1)
    assert "The role was refused." in refused.why
    Source.objects.update(until=None)
    assert age_of(Source.objects.filter(pk__in=[one.pk for one in sources])).until is None


def test_the_poll_brings_the_head_too(sources: list[Source], client: Client) -> None:
    client.force_login(User.objects.create(username="viewer"))
    end = floor(datetime.now(UTC), FIVE_MINUTES)
    keep(FIVE_MINUTES, {sources[0].pk: {end - timedelta(seconds=FIVE_MINUTES): [250.0, *[None] * 9]}})
    join(end - timedelta(seconds=FIVE_MINUTES))
    for address in ("/monitoring/?range=1h", "/monitoring/now/?range=1h"):
        page = client.get(address).content.decode()
        for part in ('id="m-span"', 'id="m-whole"', "In short"):
            assert page.count(part) == 1, (address, part)


def test_where_no_distribution_has_additional_metrics_they_are_not_enabled(
    sources: list[Source], client: Client
) -> None:
    client.force_login(User.objects.create(username="viewer"))
    end = floor(datetime.now(UTC), FIVE_MINUTES)
    plain = [250.0, 1.0, 1.0, 0.0, 0.0, 0.0, *[None] * 4]
    keep(FIVE_MINUTES, {one.pk: {end - timedelta(seconds=FIVE_MINUTES): plain} for one in sources})
    join(end - timedelta(seconds=FIVE_MINUTES))
    Source.objects.update(extra=False)
    page = client.get("/monitoring/?range=1h").content.decode()
    assert page.count('<b class="push">not enabled</b>') == 2
    assert page.count('<span class="big">not enabled</span>') == 2
    Source.objects.filter(pk=sources[0].pk).update(extra=True)
    page = client.get("/monitoring/?range=1h").content.decode()
    assert page.count('<span class="big">not known</span>') == 2
    assert '<b class="push">not enabled</b>' not in page


def test_the_worst_come_first_and_what_is_not_known_last(sources: list[Source]) -> None:
    from monitoring.pages.overview import overview_page

    end = floor(datetime.now(UTC), HOUR)
    rates = {sources[0].pk: 0.5, sources[1].pk: 7.0}
    keep(
        HOUR,
        {
            pk: {end - timedelta(hours=1): [100.0, *[None] * 3, rate, *[None] * 5]}
            for pk, rate in rates.items()
        },
    )
    rows = overview_page({"range": "24h", "sort": "errors_5xx"})["rows"]
    assert [row["values"]["errors_5xx"] for row in rows[:2]] == [7.0, 0.5]
    assert all(row["values"] is None for row in rows[2:])


def test_the_table_of_environments_as_csv_leaves_empty_what_is_not_known(sources: list[Source]) -> None:
    end = floor(datetime.now(UTC), HOUR)
    keep(HOUR, {sources[0].pk: {end - timedelta(hours=1): [100.0, *[None] * 3, 2.5, *[None] * 5]}})
    client = Client()
    client.force_login(User.objects.create_user("viewer", password="x" * 12, role="viewer"))
    answer = client.get("/monitoring.csv?range=24h&sort=errors_5xx")
    head, first, *others = answer.content.decode().splitlines()
    assert head.startswith("product,environment,from,to,requests,")
    told = dict(zip(head.split(","), first.split(","), strict=True))
    assert (told["requests"], told["errors_5xx"], told["hit_ratio"]) == ("100", "2.5", "")
    assert len(others) == Environment.objects.exclude(distribution_id="").count() - 1


def test_of_many_environments_the_first_are_shown_and_all_when_asked_for(
    sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    from monitoring.pages import overview as page

    client = Client()
    client.force_login(User.objects.create_user("viewer", password="x" * 12, role="viewer"))
    many = Environment.objects.exclude(distribution_id="").count()
    assert "Show all" not in client.get("/monitoring/").text
    monkeypatch.setattr(page, "MOST", 2)
    few = client.get("/monitoring/?sort=requests")
    assert (len(few.context["shown"]), few.context["all_url"]) == (
        2,
        "/monitoring/?range=24h&sort=requests&all=1",
    )
    assert f"Show all {many} environments" in few.text
    every = client.get(few.context["all_url"])
    assert len(every.context["shown"]) == many
    assert "all=1" in every.context["poll_url"]
    assert client.get("/monitoring.csv").content.count(b"\n") == many + 1
