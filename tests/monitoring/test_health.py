"""Judging the time after a deployment: what is worse, what is chance, what cannot be told."""

import pytest

from monitoring.health import ENOUGH, Joined, Judgement, Own, judge
from monitoring.kinds import DISTRIBUTION, FLEET
from monitoring.pages.charts import DRAWINGS


def edge(requests: float | None = 10_000, **values: float) -> Joined:
    row: list[float | None] = [None] * len(DISTRIBUTION.metrics)
    row[0] = requests
    for name, value in {"errors_5xx": 0.1, "errors_4xx": 1.0, **values}.items():
        row[DISTRIBUTION.index(name)] = value
    return {DISTRIBUTION.name: row}


def fleet(invocations: float, errors: float, throttles: float = 0) -> Joined:
    return {FLEET.name: [invocations, errors, throttles, None]}


def at_the_end(before: Joined, after: Joined, missing: str = "") -> Judgement:
    return judge(before, after, warm=after, ended=True, missing=missing)


def test_nothing_worse_is_healthy_and_says_of_how_many_requests() -> None:
    found = at_the_end(edge(), edge(2_000))
    assert (found.verdict, found.text) == ("healthy", "Nothing got worse in 2,000 requests.")
    assert [one.label for one in found.figures] == ["Answers 5xx", "Answers 4xx"]


def test_more_errors_than_chance_explains_are_degraded_before_the_end_already() -> None:
    found = judge(edge(), edge(400, errors_5xx=4.0), warm=None, ended=False)
    assert found.verdict == "degraded"
    assert found.text == "Answers 5xx: 4.0 %, before 0.1 %."


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # 0.1 % of 600 is 0.6 expected; two failures are chance.
        (edge(), edge(600, errors_5xx=100 * 2 / 600)),
        # Four times as many, and still only 0.3 points more: it does not matter.
        (edge(100_000), edge(100_000, errors_5xx=0.4)),
        # One error in the first requests.
        (edge(), edge(20, errors_5xx=5.0)),
        # As bad as it was.
        (edge(errors_5xx=9.0), edge(2_000, errors_5xx=9.4)),
        (edge(), edge(2_000, errors_4xx=5.0)),
        (fleet(100_000, 500), fleet(2_000, 12)),
    ],
)
def test_what_is_chance_or_does_not_matter_is_not_degraded(before: Joined, after: Joined) -> None:
    assert judge(before, after, warm=after, ended=False).verdict == "watching"
    assert at_the_end(before, after).verdict != "degraded"


def test_failed_and_throttled_calls_of_handlers_count_together() -> None:
    found = at_the_end(fleet(100_000, 100), fleet(970, 10, 30))
    assert found.verdict == "degraded"
    assert found.text == "Failed calls of handlers: 4.0 %, before 0.1 %."


def test_a_throttled_call_is_one_that_no_invocation_counts() -> None:
    found = at_the_end(fleet(1_000, 1), fleet(10, 0, 90))
    assert found.text == "Failed calls of handlers: 90.0 %, before 0.1 %."
    assert DRAWINGS["failed"].number([10.0, 0.0, 90.0, None]) == 90.0
    assert DRAWINGS["failed"].number([None, None, 90.0, None]) == 100.0
    wholly: Joined = {FLEET.name: [None, None, 90.0, None]}
    assert at_the_end(fleet(1_000, 1), wholly).text == "Failed calls of handlers: 100.0 %, before 0.1 %."


@pytest.mark.parametrize("requests", [1, 5, ENOUGH - 1])
def test_a_few_requests_before_make_nothing_worse(requests: int) -> None:
    few = edge(requests, errors_5xx=0.0, hit_ratio=100.0, latency_p95=10.0)
    after = edge(300, errors_5xx=1.0, hit_ratio=60.0, latency_p95=150.0)
    assert at_the_end(few, after).verdict == "healthy"
    assert at_the_end(fleet(requests, 0), fleet(300, 3)).verdict == "healthy"
    much = edge(ENOUGH, errors_5xx=0.0, hit_ratio=100.0, latency_p95=10.0)
    assert at_the_end(much, after).verdict == "degraded"


def test_a_few_requests_before_excuse_what_was_as_bad() -> None:
    few = edge(ENOUGH - 1, errors_4xx=20.0, errors_5xx=8.0)
    assert at_the_end(few, edge(60, errors_4xx=20.0, errors_5xx=8.0)).verdict == "healthy"
    found = at_the_end(few, edge(600, errors_4xx=20.0, errors_5xx=30.0))
    assert (found.verdict, found.text) == ("degraded", "Answers 5xx: 30.0 %, before 8.0 %.")


def test_what_the_console_asked_itself_is_no_traffic_before_either() -> None:
    """On a quiet night it is nearly all there is, and nearly all of it answered by the cache."""
    quiet = edge(120, errors_5xx=0.0, hit_ratio=99.0)
    for after in (edge(150, hit_ratio=70.0), edge(400, errors_5xx=0.8)):
        alone = judge(quiet, after, warm=after, ended=True, own=Own(before=120, since=30))
        assert alone.verdict == "healthy"
        assert judge(quiet, after, warm=after, ended=True, own=Own()).verdict == "degraded"
    only_own = edge(60, hit_ratio=60.0)
    found = judge(edge(hit_ratio=99.0), only_own, warm=only_own, ended=True, own=Own(since=60))
    assert found.verdict == "unknown"


def test_without_traffic_before_only_what_is_bad_by_itself_is_degraded() -> None:
    assert at_the_end({}, edge(1_000, errors_5xx=1.0)).verdict == "healthy"
    found = at_the_end({}, edge(1_000, errors_5xx=5.0))
    assert found.text == "Answers 5xx: 5.0 %, nothing is known of before."


@pytest.mark.parametrize(("requests", "words"), [(12, "12 requests"), (None, "No request")])
def test_traffic_too_low_to_say_anything_says_so(requests: float | None, words: str) -> None:
    found = at_the_end(edge(), edge(requests))
    assert found.verdict == "unknown"
    assert found.text == f"Traffic was too low to say anything: {words}, and {ENOUGH} are needed."


def test_hit_ratio_and_latency_are_judged_at_the_end_without_the_first_minutes() -> None:
    before = edge(hit_ratio=95.0, latency_p95=100.0)
    cold = edge(2_000, hit_ratio=30.0, latency_p95=900.0)
    assert judge(before, cold, warm=None, ended=False).verdict == "watching"
    warmed = judge(before, cold, warm=edge(1_000, hit_ratio=90.0, latency_p95=120.0), ended=True)
    assert warmed.verdict == "healthy"
    still = judge(before, cold, warm=edge(1_000, hit_ratio=40.0, latency_p95=450.0), ended=True)
    assert still.verdict == "degraded"
    assert "Cache hit ratio: 40.0 %, before 95.0 %." in still.text
    assert "Origin latency p95: 450 ms, before 100 ms." in still.text


def test_numbers_that_did_not_come_leave_it_unknown_but_not_what_was_seen_to_be_worse() -> None:
    words = "CloudWatch's numbers reach only until 10:32 UTC."
    assert at_the_end(edge(), edge(2_000), words)[:2] == ("unknown", words)
    assert at_the_end(edge(), edge(2_000, errors_5xx=9.0), words).verdict == "degraded"


def test_what_the_console_asked_itself_is_no_traffic() -> None:
    found = judge(edge(), edge(90), warm=None, ended=True, own=Own(since=60))
    assert found[:2] == (
        "unknown",
        f"Traffic was too low to say anything: 30 requests, and {ENOUGH} are needed.",
    )
    assert (
        judge(edge(), edge(90, errors_5xx=50.0), warm=None, ended=True, own=Own(since=60)).verdict
        == "unknown"
    )
    assert (
        judge(edge(), edge(900, errors_5xx=50.0), warm=None, ended=True, own=Own(since=60)).verdict
        == "degraded"
    )
