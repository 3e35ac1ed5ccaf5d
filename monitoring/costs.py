"""What asking CloudWatch costs. Pure."""

from dataclasses import dataclass

from monitoring.kinds import FIVE_MINUTES, MINUTE

PER_THOUSAND = 0.01
"""AWS: dollars for a thousand metrics that are asked for by GetMetricData, however many data points they have."""
MONTH = 30 * 86_400


def price(metrics: float) -> float:
    """Dollars for so many metrics asked for."""
    return metrics / 1000 * PER_THOUSAND


@dataclass(frozen=True, slots=True)
class Forecast:
    """Dollars a month for so many series: asked every five minutes as it is, and what every minute would cost."""

    series: int

    @property
    def as_it_is(self) -> float:
        return price(self.series * MONTH / FIVE_MINUTES)

    @property
    def by_the_minute(self) -> float:
        return price(self.series * MONTH / MINUTE)

    def watched(self, minutes: int) -> float:
        """Dollars for one deployment that is watched for so many minutes."""
        return price(self.series * minutes)
