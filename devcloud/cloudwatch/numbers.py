"""The numbers of all metrics: kept by the minute, later by five minutes, then by the hour, and forgotten after 455 days."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from devcloud.cloudwatch.statistics import StatisticSet
from devcloud.settings import Settings

MINUTE, HOUR, DAY = 60, 3_600, 86_400
KEPT = {MINUTE: 15 * DAY, 300: 63 * DAY, HOUR: 455 * DAY}
"""AWS: for how long data points of a period are kept, by the period; all in seconds."""
RECENT = 14 * DAY
"""AWS: what had no data for two weeks is not found by a search any more."""
Place = tuple[str, str]
"""An account and a Region."""


class Metric(NamedTuple):
    """A metric by its namespace, name and dimensions, which are sorted by their names."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Mapping[str, str]) -> "Metric":
        return cls(namespace, name, tuple(sorted(dimensions.items())))


class Point(NamedTuple):
    """What was measured in the period that begins `at` (seconds since the epoch) and lasts `seconds`."""

    at: int
    seconds: int
    told: StatisticSet


class Source(Protocol):
    """Something that knows its numbers without their being kept here."""

    def metrics(self, place: Place, now: float) -> Iterable[Metric]:
        """Those that had data in the last two weeks."""

    def points(
        self, place: Place, metric: Metric, start: float, end: float, period: int, now: float
    ) -> Iterable[Point]:
        """What it knows from start to end, in steps that the period is a multiple of, where it has such."""


def keeping(age: float) -> int | None:
    """The finest period in which data points of this age are kept; None when they are forgotten."""
    return next((period for period, kept in KEPT.items() if age <= kept), None)


@dataclass
class Series:
    """The data points of one metric, by period and beginning."""

    tiers: dict[int, dict[int, StatisticSet]] = field(default_factory=lambda: {one: {} for one in KEPT})
    folded: float = 0.0

    def add(self, at: float, value: float, count: float, now: float) -> None:
        period = keeping(now - at)
        if period is not None:
            self._point(period, at).add(value, count)

    def _point(self, period: int, at: float) -> StatisticSet:
        return self.tiers[period].setdefault(int(at // period * period), StatisticSet())

    def fold(self, now: float) -> None:
        """Join data points that are too old for their period; once an hour is enough."""
        if abs(now - self.folded) < HOUR:
            return
        self.folded = now
        for period, kept in KEPT.items():
            for at in [at for at in self.tiers[period] if now - at > kept]:
                told, coarser = self.tiers[period].pop(at), keeping(now - at)
                if coarser is not None:
                    self._point(coarser, at).merge(told)

    def points(self, start: float, end: float) -> Iterator[Point]:
        for period, tier in self.tiers.items():
            first = int(start // period * period)
            steps = range(first, int(end) + 1, period)
            for at in steps if len(steps) < len(tier) else [at for at in tier if first <= at < end]:
                if at in tier:
                    yield Point(at, period, tier[at])

    @property
    def newest(self) -> int:
        return max((max(tier) for tier in self.tiers.values() if tier), default=0)


@dataclass
class Numbers:
    """The numbers of all accounts and Regions: those put here, and those that sources know themselves."""

    settings: Settings
    sources: list[Source] = field(default_factory=list)
    series: dict[Place, dict[Metric, Series]] = field(default_factory=dict)

    def put(
        self, place: Place, metric: Metric, at: float, value: float, now: float, count: float = 1.0
    ) -> None:
        """Keep a value that came `count` times at this time. Times and `now` are seconds since the epoch."""
        kept = self.series.setdefault(place, {}).setdefault(metric, Series())
        kept.add(at, value, count, now)

    def metrics(self, place: Place, now: float) -> list[Metric]:
        """Those with data in the last two weeks, sorted."""
        kept = self.series.get(place, {})
        found = {metric for metric, series in kept.items() if series.newest >= now - RECENT}
        for source in self.sources:
            found.update(source.metrics(place, now))
        return sorted(found)

    def read(
        self, place: Place, metric: Metric, start: float, end: float, period: int, now: float
    ) -> dict[int, StatisticSet]:
        """What was measured in each period, by its beginning; periods without data are left out.

        AWS: periods begin at multiples of themselves; a period that is finer than the data at the start is given
        nothing; the newest minutes appear late.
        """
        finest, found = keeping(now - start), dict[int, StatisticSet]()
        if finest is None or period % finest:
            return found
        start = start // period * period
        end = min(end, now - self.settings.metric_seconds + 1e-6)
        for at, seconds, told in self._points(place, metric, start, end, period, now):
            if start <= at < end and period % seconds == 0:
                found.setdefault(at // period * period, StatisticSet()).merge(told)
        return found

    def _points(
        self, place: Place, metric: Metric, start: float, end: float, period: int, now: float
    ) -> Iterator[Point]:
        kept = self.series.get(place, {}).get(metric)
        if kept is not None:
            kept.fold(now)
            yield from kept.points(start, end)
        for source in self.sources:
            yield from source.points(place, metric, start, end, period, now)
