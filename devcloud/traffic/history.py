"""Sample numbers of the 30 days before the cloud began, made up when somebody asks for them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from devcloud.cloudfront.state import Distribution
from devcloud.cloudwatch.numbers import DAY, MINUTE, Metric, Place, Point
from devcloud.cloudwatch.statistics import StatisticSet
from devcloud.edge import metrics
from devcloud.traffic.rhythm import busiest, chance, rhythm

DAYS = 30
STEP = 300
BYTES = 18_000.0
HIT, REFUSED, FAILED = 0.93, 0.008, 0.0006
"""Of all requests, how many the cache answers and how many fail; a little more or less each time."""
PLAIN = ("Requests", "BytesDownloaded", "BytesUploaded", "4xxErrorRate", "5xxErrorRate", "TotalErrorRate")
ADDITIONAL = ("CacheHitRate", "OriginLatency")


@dataclass(frozen=True)
class History:
    """The numbers of distributions that were there before the cloud `began` (seconds since the epoch)."""

    distributions: dict[str, Distribution]
    began: float

    def metrics(self, place: Place, now: float) -> Iterable[Metric]:
        for each in self.distributions.values():
            if (each.account, metrics.REGION) == place:
                names = (*PLAIN, *(ADDITIONAL if each.metrics == "Enabled" else ()))
                yield from (metrics.metric_of(each.id, name) for name in names)

    def points(
        self, place: Place, metric: Metric, start: float, end: float, period: int, now: float
    ) -> Iterator[Point]:
        found = self.distributions.get(dict(metric.dimensions).get("DistributionId", ""))
        if found is None or (found.account, metrics.REGION) != place:
            return
        if metric != metrics.metric_of(found.id, metric.name) or metric.name not in self._names(found):
            return
        step = STEP if period % STEP == 0 else MINUTE
        first = int(max(start, self.began - DAYS * DAY) // step * step)
        most = busiest(found)
        for at in range(first, int(min(end, self.began // STEP * STEP)), step):
            requests = _requests(found.id, most, at, step)
            if requests:
                yield Point(at, step, _told(found.id, metric.name, at, requests))

    def _names(self, distribution: Distribution) -> tuple[str, ...]:
        return (*PLAIN, *(ADDITIONAL if distribution.metrics == "Enabled" else ()))


def _requests(distribution_id: str, most: float, at: int, step: int) -> int:
    """How many came; the minutes of five minutes add up to them."""
    begins = at // STEP * STEP
    wobble = 0.75 + chance(distribution_id, begins) / 2
    whole = int(most * rhythm(begins) * STEP * wobble)
    if step == STEP:
        return whole
    return whole // 5 + ((at - begins) // MINUTE < whole % 5)


def _told(distribution_id: str, name: str, at: int, requests: int) -> StatisticSet:
    luck = chance(distribution_id, at // STEP, "luck")
    refused, failed = _some(requests, REFUSED * 2 * luck, at), _some(requests, FAILED * 2 * luck, at + 1)
    told = StatisticSet()
    parts = {"4xxErrorRate": refused, "5xxErrorRate": failed, "TotalErrorRate": refused + failed}
    parts["CacheHitRate"] = int(requests * (HIT - 0.04 * luck))
    if name in parts:
        _add(told, 100.0, parts[name])
        _add(told, 0.0, requests - parts[name])
    elif name == "OriginLatency":
        for percent, milliseconds in ((0.5, 38.0), (0.4, 55.0), (0.08, 120.0), (0.02, 240.0)):
            _add(told, milliseconds + 10 * luck, requests * (1 - HIT) * percent)
    else:
        value = {"Requests": 1.0, "BytesDownloaded": BYTES * (0.8 + 0.4 * luck), "BytesUploaded": 0.0}[name]
        _add(told, value, requests)
    return told


def _some(requests: int, share: float, seed: int) -> int:
    """A share of the requests in whole ones; what is less than one comes now and then."""
    exact = requests * share
    return int(exact) + (chance(seed) < exact % 1)


def _add(told: StatisticSet, value: float, count: float) -> None:
    if count:
        told.add(value, count)
