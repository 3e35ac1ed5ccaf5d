"""CloudWatch's numbers of functions: what is asked, and what its answers mean."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aws import errors, function_metrics
from aws.access import Account
from aws.function_metrics import Minute, minutes_of
from tests.aws.conftest import Ledger
from tests.aws.scripted import Script

SINCE = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NEXT = SINCE + timedelta(minutes=1)


@pytest.fixture
def metrics(account: Account) -> Iterator[Script]:
    found = Script(account, "cloudwatch")
    yield found
    found.end()


def result(number: int, *values: float, first: datetime = SINCE, status: str = "Complete") -> dict[str, Any]:
    """The values of minutes in a row, the newest first, as AWS gives them."""
    minutes = [first + timedelta(minutes=place) for place in range(len(values))]
    return {
        "Id": f"m{number}",
        "Values": list(reversed(values)),
        "Timestamps": minutes[::-1],
        "StatusCode": status,
    }


def queries(*names: str) -> list[dict[str, Any]]:
    wanted = [(name, metric) for name in names for metric in function_metrics.METRICS]
    return [
        {"Id": f"m{number}", **function_metrics.series(*each).asked()} for number, each in enumerate(wanted)
    ]


def told(metrics: Script, page: list[dict[str, Any]], names: list[str], **options: Any) -> None:
    """One page of the answer to the question for these functions."""
    token = {"NextToken": options.pop("given")} if "given" in options else {}
    answer = {"MetricDataResults": page, **options}
    times = {"StartTime": SINCE, "EndTime": NEXT}
    metrics.answer("get_metric_data", answer, MetricDataQueries=queries(*names), **times, **token)


@pytest.fixture
def noon(account: Account) -> None:
    """AWS's clock stands before the time that is asked about, so the question ends a minute after it began."""
    account.clock.observe("Sun, 01 Mar 2026 11:00:00 GMT")


def test_minutes_come_over_pages_and_no_traffic_is_not_zero(
    account: Account, metrics: Script, noon: None
) -> None:
    names = ["a", "b", "c"]
    first = [result(0, 1, 2, status="PartialData"), result(2, 9), result(3), result(4), result(5)]
    told(metrics, first, names, NextToken="next")
    last = SINCE + timedelta(minutes=2)
    told(metrics, [result(0, 4, first=last), result(6), result(7), result(8, 3)], names, given="next")
    assert minutes_of(account, names, SINCE) == {
        "a": {SINCE: Minute(1, 0, 9), NEXT: Minute(errors=2), last: Minute(errors=4)},
        "c": {SINCE: Minute(invocations=3)},
    }


def test_a_partial_answer_is_no_answer(account: Account, metrics: Script, noon: None) -> None:
    told(metrics, [result(0, 1, status="PartialData"), result(1, 0)], ["a"])
    with pytest.raises(errors.Unavailable, match=r"CloudWatch GetMetricData .* PartialData: 1 of 3 metrics"):
        minutes_of(account, ["a"], SINCE)


def test_metrics_are_asked_for_by_five_hundred(
    account: Account, metrics: Script, ledger: Ledger, noon: None
) -> None:
    names = [f"tim-sb-{number}" for number in range(311)]
    whole = queries(*names)
    times = {"StartTime": SINCE, "EndTime": NEXT}
    for start in (0, 500):
        batch = [{**query, "Id": f"m{number}"} for number, query in enumerate(whole[start : start + 500])]
        page = {"MetricDataResults": [result(number, 1) for number in range(len(batch))]}
        metrics.answer("get_metric_data", page, MetricDataQueries=batch, **times)
    assert minutes_of(account, names, SINCE) == {name: {SINCE: Minute(1, 1, 1)} for name in names}
    assert len(ledger.of("GetMetricData")) == 2
    assert minutes_of(account, [], SINCE) == {}
