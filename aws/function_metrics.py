"""CloudWatch: how functions fare, minute by minute."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aws.access import Account
from aws.errors import Subject, Unavailable

METRICS = ("Errors", "Throttles", "Invocations")
QUERIES = 500
"""AWS: the most that one GetMetricData answers."""


@dataclass(frozen=True, slots=True)
class Minute:
    """How often a function was called in one minute, by whichever version or alias, and how often in vain."""

    errors: int = 0
    throttles: int = 0
    invocations: int = 0


def minutes_of(account: Account, names: Iterable[str], since: datetime) -> dict[str, dict[datetime, Minute]]:
    """By function, its minutes since then, by their beginnings; those without data points are left out.

    AWS: data points are of whole minutes, so the minute of `since` counts as a whole; they appear a minute or so late,
    and a function that nobody called has none. Raises Unavailable when AWS gives only a part of them.
    """
    wanted = [(name, metric) for name in names for metric in METRICS]
    found: dict[str, dict[datetime, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for start in range(0, len(wanted), QUERIES):
        batch = wanted[start : start + QUERIES]
        for result in _metric_data(account, batch, since):
            name, metric = batch[int(result["Id"].removeprefix("m"))]
            for minute, value in zip(result["Timestamps"], result["Values"], strict=True):
                found[name][minute][metric.lower()] = round(value)
    return {
        name: {minute: Minute(**sums) for minute, sums in minutes.items()} for name, minutes in found.items()
    }


def _metric_data(account: Account, batch: list[tuple[str, str]], since: datetime) -> Iterator[dict[str, Any]]:
    """AWS: a result may be spread over pages and is PartialData until its last one."""
    page: dict[str, Any] = {
        "MetricDataQueries": [_query(f"m{number}", *each) for number, each in enumerate(batch)],
        "StartTime": since,
        "EndTime": max(since, account.clock.now()) + timedelta(minutes=1),
    }
    statuses: dict[str, str] = {}
    while True:
        answer = account.read("cloudwatch", "GetMetricData", "AWS/Lambda", **page)
        for result in answer["MetricDataResults"]:
            statuses[result["Id"]] = result.get("StatusCode", "Complete")
            yield result
        if not answer.get("NextToken"):
            return _check_complete(account, statuses)
        page["NextToken"] = answer["NextToken"]


def _check_complete(account: Account, statuses: dict[str, str]) -> None:
    if missing := sorted(status for status in statuses.values() if status != "Complete"):
        raise Unavailable(
            Subject("cloudwatch", "GetMetricData", account.account_id, "AWS/Lambda"),
            code=missing[0],
            message=f"{len(missing)} of {len(statuses)} metrics are not complete",
        )


def _query(query_id: str, name: str, metric: str) -> dict[str, Any]:
    about = {
        "Namespace": "AWS/Lambda",
        "MetricName": metric,
        "Dimensions": [{"Name": "FunctionName", "Value": name}],
    }
    return {"Id": query_id, "MetricStat": {"Metric": about, "Period": 60, "Stat": "Sum"}}
