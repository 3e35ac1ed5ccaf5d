"""What CloudFront would publish about each distribution, per minute."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

NAMESPACE = "AWS/CloudFront"


@dataclass
class Minute:
    """Counts of one distribution in one minute."""

    requests: int = 0
    bytes_down: int = 0
    bytes_up: int = 0
    errors_4xx: int = 0
    errors_5xx: int = 0
    hits: int = 0


class Datum(NamedTuple):
    """One value of one metric. `at` is the beginning of its minute in seconds since the epoch."""

    distribution_id: str
    name: str
    at: float
    value: float
    unit: str


@dataclass
class EdgeMetrics:
    """Counts by distribution and minute that have not been published yet."""

    _minutes: dict[tuple[str, int], Minute] = field(default_factory=lambda: defaultdict(Minute))

    def count(self, distribution_id: str, now: float, status: int, down: int, up: int, *, hit: bool) -> None:
        minute = self._minutes[distribution_id, int(now // 60)]
        minute.requests += 1
        minute.bytes_down += down
        minute.bytes_up += up
        minute.errors_4xx += 400 <= status < 500
        minute.errors_5xx += status >= 500
        minute.hits += hit

    def take(self, now: float) -> Iterator[Datum]:
        """Take out the minutes that are over. AWS: a minute without traffic has no values, which is not zero."""
        for key in [key for key in self._minutes if key[1] < int(now // 60)]:
            yield from _data(key[0], key[1] * 60.0, self._minutes.pop(key))


def _data(distribution_id: str, at: float, minute: Minute) -> Iterator[Datum]:
    percent = 100.0 / minute.requests
    values = (
        ("Requests", float(minute.requests), "None"),
        ("BytesDownloaded", float(minute.bytes_down), "None"),
        ("BytesUploaded", float(minute.bytes_up), "None"),
        ("4xxErrorRate", minute.errors_4xx * percent, "Percent"),
        ("5xxErrorRate", minute.errors_5xx * percent, "Percent"),
        ("TotalErrorRate", (minute.errors_4xx + minute.errors_5xx) * percent, "Percent"),
        ("CacheHitRate", minute.hits * percent, "Percent"),
    )
    for name, value, unit in values:
        yield Datum(distribution_id, name, at, value, unit)
