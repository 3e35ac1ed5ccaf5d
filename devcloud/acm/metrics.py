"""What ACM publishes about certificates, once a day."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from devcloud.acm.state import Certificate, Certificates
from devcloud.cloudwatch.numbers import DAY, Metric, Place, Point
from devcloud.cloudwatch.statistics import StatisticSet

NAMESPACE, NAME = "AWS/CertificateManager", "DaysToExpiry"


@dataclass(frozen=True)
class DaysToExpiry:
    """The whole days that each issued certificate has left, at each midnight UTC. AWS: none once it has expired."""

    certificates: Certificates

    def metrics(self, place: Place, now: float) -> Iterable[Metric]:
        for one in self.certificates.values():
            if (one.account, one.region) == place and one.issued is not None and now < one.not_after:
                yield Metric.of(NAMESPACE, NAME, {"CertificateArn": one.arn})

    def points(
        self, place: Place, metric: Metric, start: float, end: float, period: int, now: float
    ) -> Iterator[Point]:
        one = self.certificates.get(dict(metric.dimensions).get("CertificateArn", ""))
        if one is None or one.issued is None or (one.account, one.region) != place:
            return
        if metric != Metric.of(NAMESPACE, NAME, {"CertificateArn": one.arn}):
            return
        first = int(-(-max(start, one.issued) // DAY) * DAY)
        for at in range(first, int(min(end, one.not_after)) + 1, DAY):
            yield Point(at, DAY, _left(one, at))


def _left(one: Certificate, at: float) -> StatisticSet:
    told = StatisticSet()
    told.add((one.not_after - at) // DAY)
    return told
