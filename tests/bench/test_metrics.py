"""The parts of `bench metrics`, with few products: a refresh, the pages, a year of rows."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.test import Client
from psycopg import sql

from bench import metrics_pages, metrics_rollups
from bench.database import Owner
from bench.estate_pages import release_manager
from bench.metrics_ground import Ground, ground
from tests.databases import SESSION
from tests.workers import Clone
from timcombo_console.supervisor.postgres import OWNER

PRODUCTS, SERIES = 2, 100


@pytest.fixture
def place(cloned_database: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    monkeypatch.setattr(os, "environ", os.environ.copy())
    with ground(tmp_path, PRODUCTS, latency_ms=0) as place:
        yield place


@pytest.fixture
def owner(cloned_database: Clone) -> Iterator[Owner]:
    with SESSION.cluster.connect() as admin:
        admin.execute(sql.SQL("GRANT pg_checkpoint TO {}").format(sql.Identifier(OWNER)))
    with psycopg.connect(cloned_database.owner_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def visitor() -> tuple[Client, int]:
    return release_manager()


def test_a_refresh_asks_for_all_series_by_one_call_and_keeps_their_newest_sample(place: Ground) -> None:
    for _ in range(2):
        since = place.cloud.next_call()
        place.refresh()
        assert (place.asked(since), place.renewed()) == (1, PRODUCTS * 5)


def test_the_loop_asks_the_same(place: Ground) -> None:
    (path,) = place.questions
    told = json.loads(path.read_text())
    assert len(told) == place.series == SERIES
    assert {one["MetricStat"]["Metric"]["Namespace"] for one in told} == {"AWS/CloudFront"}
    assert len({one["Id"] for one in told}) == SERIES


def test_pages_are_measured_with_something_to_show(
    place: Ground, owner: Owner, visitor: tuple[Client, int]
) -> None:
    client, user = visitor
    place.refresh()
    rows = {row.what: row for row in metrics_pages.measure(owner, client, user)}
    assert rows["queries of the matrix"].ok
    assert rows["dashboard of 5 distributions, kB"].ours > 100
    assert rows["dashboard of 5 distributions, kB"].ok
    for address in metrics_pages.PAGES.values():
        assert client.get(address).context["groups"]
    assert len(client.get(metrics_pages.DASHBOARD).context["deployments"]) >= metrics_pages.DEPLOYMENTS
    assert 'class="spark"' in client.get("/").text


def test_a_year_of_rows_is_counted_and_read(
    place: Ground, owner: Owner, visitor: tuple[Client, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics_rollups, "PERIODS", {300: 1, 3600: 2})
    rows = list(metrics_rollups.measure(owner, visitor[0]))
    count = PRODUCTS * 5 * (288 + 48)
    assert any(f"{number:,} rows" in rows[0].what for number in range(count, count + PRODUCTS * 5 * 14))
    assert all(row.ours > 0 for row in rows)
