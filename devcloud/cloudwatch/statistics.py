"""What CloudWatch keeps of the values of a period, and the statistics that it tells of them."""

import re
from dataclasses import dataclass, field

from devcloud.errors import AwsError

EXACT = 100
"""So many different values of a period are kept as they are; further ones by their first two digits."""
PERCENTILE = re.compile(r"p(\d{1,2}(\.\d{1,10})?|100)")
NAMES = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")


@dataclass(slots=True)
class StatisticSet:
    """Count, sum, least and greatest of some values, and how often which of them came, for percentiles."""

    count: float = 0.0
    sum: float = 0.0
    minimum: float = 0.0
    maximum: float = 0.0
    values: dict[float, float] = field(default_factory=dict)

    def add(self, value: float, count: float = 1.0) -> None:
        """Count a value in, so many times."""
        self.minimum = min(self.minimum, value) if self.count else value
        self.maximum = max(self.maximum, value) if self.count else value
        self.count += count
        self.sum += value * count
        self._keep(value, count)

    def merge(self, other: "StatisticSet") -> None:
        """Count all values of another one in."""
        if not other.count:
            return
        self.minimum = min(self.minimum, other.minimum) if self.count else other.minimum
        self.maximum = max(self.maximum, other.maximum) if self.count else other.maximum
        self.count += other.count
        self.sum += other.sum
        for value, count in other.values.items():
            self._keep(value, count)

    def _keep(self, value: float, count: float) -> None:
        known = value if value in self.values or len(self.values) < EXACT else float(f"{value:.1e}")
        self.values[known] = self.values.get(known, 0.0) + count

    def tell(self, statistic: str) -> float | None:
        """The value of a statistic by AWS's name; None where it cannot be told.

        AWS: percentiles need the values, or one value that is all of them.
        """
        if statistic.startswith("p"):
            return self._percentile(float(statistic[1:]))
        return {
            "SampleCount": self.count,
            "Sum": self.sum,
            "Average": self.sum / self.count,
            "Minimum": self.minimum,
            "Maximum": self.maximum,
        }[statistic]

    def _percentile(self, percent: float) -> float | None:
        if self.minimum == self.maximum:
            return self.minimum
        if not self.values:
            return None
        wanted, seen = self.count * percent / 100, 0.0
        for value in sorted(self.values):
            seen += self.values[value]
            if seen >= wanted:
                break
        return min(max(value, self.minimum), self.maximum)


def check_statistic(name: str) -> str:
    """The name itself. Raises AwsError ValidationError for one that CloudWatch does not have."""
    if name not in NAMES and not PERCENTILE.fullmatch(name):
        raise AwsError("ValidationError", 400, f"The value {name} for parameter Stat is not supported.")
    return name
