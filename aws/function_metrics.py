"""CloudWatch: how functions fare, minute by minute."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aws.access import Account
from aws.errors import Subject, Unavailable
from aws.metrics import QUERIES, Found, Series, ask

NAMESPACE = "AWS/Lambda"
METRICS = ("Errors", "Throttles", "Invocations")


@dataclass(frozen=True, slots=True)
class Minute:
    """How often a function was called in one minute, by whichever version or alias, and how often in vain."""

    errors: int = 0
    throttles: int = 0
    invocations: int = 0


def minutes_of(
    account: Account,
    names: Iterable[str],
    since: datetime,
    *,
    bill: Callable[[int], object] = lambda metrics: None,
) -> dict[str, dict[datetime, Minute]]:
    """By function, its minutes since then, by their beginnings; those without data points are left out.

    `bill` is told of each call how many metrics AWS bills for it. Raises Unavailable when AWS gives only a part of them.
    AWS: data points are of whole minutes, so the minute of `since` counts as a whole; they appear a minute or so late, and
    a function that nobody called has none.
    """
    wanted = [(name, metric) for name in names for metric in METRICS]
    end = max(since, account.clock.now()) + timedelta(minutes=1)
    sums: dict[str, dict[datetime, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for first in range(0, len(wanted), QUERIES):
        batch = wanted[first : first + QUERIES]
        asked = [series(*one) for one in batch]
        found = ask(account, "cloudwatch", asked, since, end, NAMESPACE, bill=bill)
        _check_whole(account, found)
        for (name, metric), one in zip(batch, found, strict=True):
            for minute, value in one.points.items():
                sums[name][minute][metric.lower()] = round(value)
    return {name: {at: Minute(**one) for at, one in minutes.items()} for name, minutes in sums.items()}


def series(name: str, metric: str) -> Series:
    """What is asked about one metric of a function."""
    return Series(NAMESPACE, metric, "Sum", 60, (("FunctionName", name),))


def _check_whole(account: Account, found: Sequence[Found]) -> None:
    if missing := sum(not one.whole for one in found):
        raise Unavailable(
            Subject("cloudwatch", "GetMetricData", account.account_id, NAMESPACE),
            code="PartialData",
            message=f"{missing} of {len(found)} metrics are not complete",
        )
