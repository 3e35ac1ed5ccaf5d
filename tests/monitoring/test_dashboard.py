"""The dashboard of a product: what its address says, what is drawn, its table and its CSV."""

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitoring.joining import floor
from monitoring.keeping import keep
from monitoring.kinds import FIVE_MINUTES
from tests.monitoring.conftest import Eyes, now

HERE = "/products/tim-combo/monitoring/"
AGO = timedelta(minutes=10)


class Board:
    """Two environments with numbers, and a person who looks."""

    def __init__(self, eyes: Eyes) -> None:
        from monitoring.sources import keep_sources
        from users.models import User

        self.eyes, self.end = eyes, floor(now(), FIVE_MINUTES)
        keep_sources(eyes.environment().frontend_account)
        self.put("test", requests=100.0, errors=1.5)
        self.put("stage", requests=900.0, errors=0.0)
        self.client = Client()
        self.client.force_login(User.objects.get(username="viewer"))

    def put(self, environment: str, *, requests: float, errors: float, **known: Any) -> None:
        source = self.eyes.source(environment=environment)
        source.until, source.extra = self.end, known.get("extra", False)
        source.save()
        values = [requests, 2e6, 1e3, 2.0, errors, errors + 2, None, None, None, None]
        keep(FIVE_MINUTES, {source.pk: {self.end - AGO: values}})

    def page(self, query: str) -> str:
        found = self.client.get(f"{HERE}?{query}")
        assert found.status_code == 200
        return found.content.decode()

    def data(self, query: str) -> Any:
        found = re.search(r'<div id="chart-data" hidden>(.*?)</div>', self.page(query))
        assert found
        return json.loads(unescape(found[1]))


@pytest.fixture
def board(eyes: Eyes) -> Board:
    return Board(eyes)


def test_environments_are_laid_over_each_other_with_gaps_as_gaps(board: Board) -> None:
    data = board.data("env=test&env=stage&range=1h")
    assert data["x"] == [round((board.end - timedelta(hours=1)).timestamp()), 300, 12]
    lines = data["charts"]["requests"]["s"]
    assert [line["n"] for line in lines] == ["test", "stage"]
    assert lines[0]["d"] == [*[None] * 10, 100, None]
    assert len({line["c"] for line in lines}) == 2


def test_without_a_subscription_hit_ratio_and_latency_are_not_enabled_never_zero(board: Board) -> None:
    page = board.page("env=test&range=1h")
    assert page.count("not enabled") >= 3
    assert "An admin switches them on" in page
    assert 'data-chart="hit_ratio"' not in page
    assert 'data-chart="requests"' in page


def test_the_whole_time_is_joined_by_environment(board: Board) -> None:
    page = board.page("env=test&range=24h")
    assert re.search(r'<th scope="row">test</th><td class="r">100</td>', page)


def test_heads_keep_the_last_number_while_the_newest_period_is_still_to_come(board: Board) -> None:
    assert re.search(r'id="n-requests">100<', board.page("env=test&range=1h"))


def test_an_address_with_a_moment_shows_that_moment_and_asks_no_more(board: Board) -> None:
    until = (board.end - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    page = board.page(f"env=test&range=1h&until={until}")
    assert "Go on to now" in page
    assert "hx-get" not in page.split('id="poll"')[1].split(">")[0]
    live = board.page("env=test&range=1h")
    assert "hx-get" in live.split('id="poll"')[1].split(">")[0]


@pytest.mark.parametrize(
    "until", ["then", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"]
)
def test_a_moment_that_is_none_and_an_environment_that_is_not_there_are_refused(
    board: Board, until: str
) -> None:
    assert board.client.get(f"{HERE}?until={until}").status_code == 422
    assert (
        board.eyes.world.api.get(f"products/tim-combo/environments/test/metrics?until={until}").status == 422
    )
    assert board.client.get(f"{HERE}?env=nope").status_code == 404


def test_a_poll_brings_numbers_heads_and_rows_out_of_band(board: Board) -> None:
    answer = board.client.get(
        f"{HERE}now/?env=test&range=1h", headers={"hx-request": "true"}
    ).content.decode()
    assert re.search(r'<div id="chart-data" hidden hx-swap-oob="true">', answer)
    assert re.search(r'<b class="num push" id="n-requests" hx-swap-oob="true">', answer)
    assert "<html" not in answer


def test_who_has_no_script_is_told_where_the_numbers_are(board: Board) -> None:
    page = board.client.get(f"{HERE}?env=test&range=1h").content.decode()
    assert "JavaScript, which is off here. The numbers are in the table below.</p></noscript>" in page


def test_the_table_behind_a_chart_is_newest_first_and_says_where_there_are_no_data(board: Board) -> None:
    page = board.client.get(
        f"{HERE}table/?env=test&range=1h&chart=errors_5xx", headers={"hx-request": "true"}
    )
    rows = re.findall(
        r'<tr><th scope="row" class="num">(.*?)</th><td class="r">(.*?)</td>', page.content.decode()
    )
    assert len(rows) == 12
    assert rows[0][0] == (board.end - timedelta(minutes=5)).strftime("%Y-%m-%d %H:%M")
    assert "no data" in rows[0][1]
    assert rows[1][1] == "1.5\u2009%"
    whole = board.client.get(f"{HERE}table/?env=test&range=1h&chart=errors_5xx").content.decode()
    assert "<html" in whole
    assert board.client.get(f"{HERE}table/?chart=nonsense").status_code == 404


def test_csv_holds_every_chart_oldest_first_and_leaves_empty_what_is_not_known(board: Board) -> None:
    answer = board.client.get("/products/tim-combo/monitoring.csv?env=test&range=1h")
    text = answer.content.decode()
    head, *lines = text.splitlines()
    columns = head.split(",")
    assert columns[0] == "time"
    assert "test requests" in columns
    assert len(lines) == 12
    told = dict(zip(columns, lines[10].split(","), strict=True))
    assert told["time"] == (board.end - AGO).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert told["test requests"] == "100"
    assert set(lines[0].split(",")[1:]) == {""}


def test_a_fixed_number_of_queries_whatever_the_number_of_samples(board: Board) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            board.page("env=test&env=stage&range=24h")
        return len(found)

    before = queries()
    source = board.eyes.source()
    times = [board.end - timedelta(minutes=5 * n) for n in range(1, 280)]
    keep(FIVE_MINUTES, {source.pk: {at: [1.0] * 10 for at in times}})
    assert queries() == before <= 16


def test_deployments_are_marked_with_what_was_compared_before_and_after(board: Board) -> None:
    from monitoring.models import Watch

    board.eyes.world.stock("1.0.0")
    made = board.eyes.world.live("1.0.0")
    figure = {
        "label": "Answers 5xx",
        "unit": "percent",
        "before": 0.1,
        "after": 12.0,
        "worse": True,
        "total": 900,
    }
    Watch.objects.filter(pk=made["id"]).update(
        verdict="degraded", text="Answers 5xx: 12.0 %.", figures=[figure]
    )
    later = now() + timedelta(minutes=6)
    query = f"env=test&range=1h&until={later:%Y-%m-%dT%H:%M:%SZ}"
    assert [label for _, label in board.data(query)["marks"]] == ["1.0.0"]
    page = board.page(query)
    assert "Degraded" in page
    assert "Before and after" in page
    assert "12.0\u2009%" in page
    both = board.data(f"{query}&env=stage")
    assert [label for _, label in both["marks"]] == ["test 1.0.0"]
