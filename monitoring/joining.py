"""Values of several periods or sources made one. Pure.

Sums are added. Rates and latencies are weighted by traffic, because a mean of percents would let an idle minute count as
much as a busy one; of percentiles such a mean is close to the truth, not exact. What is not known stays unknown.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from monitoring.kinds import Join, Kind

Values = Sequence[float | None]


def joined(kind: Kind, rows: Iterable[Values]) -> list[float | None]:
    """One value for each metric of the kind, from rows in the order of time."""
    every = list(rows)
    return [_one(metric.join, at, every) for at, metric in enumerate(kind.metrics)]


def _one(join: Join, at: int, rows: Sequence[Values]) -> float | None:
    known = [(value, row[0]) for row in rows if (value := row[at]) is not None]
    if not known:
        return None
    if join is Join.SUM:
        return sum(value for value, _ in known)
    return known[-1][0] if join is Join.LAST else _mean(known)


def _mean(known: Sequence[tuple[float, float | None]]) -> float | None:
    """Weighted by traffic; values without traffic tell nothing."""
    weighed = total = 0.0
    for value, weight in known:
        if weight:
            weighed, total = weighed + value * weight, total + weight
    return weighed / total if total else None


def floor(moment: datetime, period: int) -> datetime:
    """The beginning of the period of so many seconds that the moment lies in."""
    return datetime.fromtimestamp(moment.timestamp() // period * period, UTC)
