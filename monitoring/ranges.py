"""The times that dashboards show. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitoring.joining import floor
from monitoring.kinds import DAY, FIVE_MINUTES, HOUR


@dataclass(frozen=True, slots=True)
class Range:
    """A length of time, and in seconds the periods in which it is drawn: one environment, and all together.

    `each_period` is the one in which each of all environments is added up.
    """

    name: str
    label: str
    length: timedelta
    period: int
    joint_period: int
    each_period: int

    def ending(self, moment: datetime, period: int) -> tuple[datetime, datetime]:
        """Its beginning and end at whole periods; the end is the last that is over."""
        end = floor(moment, period)
        return end - self.length, end

    def together(self, moment: datetime) -> tuple[datetime, datetime]:
        """Its beginning and end for all environments: it begins with a whole period of each."""
        start, end = self.ending(moment, self.joint_period)
        return floor(start, self.each_period), end


RANGES: Mapping[str, Range] = {
    one.name: one
    for one in (
        Range("1h", "1 h", timedelta(hours=1), FIVE_MINUTES, FIVE_MINUTES, FIVE_MINUTES),
        Range("6h", "6 h", timedelta(hours=6), FIVE_MINUTES, FIVE_MINUTES, FIVE_MINUTES),
        Range("24h", "24 h", timedelta(days=1), FIVE_MINUTES, HOUR, HOUR),
        Range("7d", "7 d", timedelta(days=7), HOUR, HOUR, DAY),
        Range("30d", "30 d", timedelta(days=30), HOUR, HOUR, DAY),
    )
}
USUAL = "24h"


WORDS = {FIVE_MINUTES: "in 5 min", HOUR: "in an hour"}
"""Of what time a value of a period is."""


def times(start: datetime, end: datetime, period: int) -> list[datetime]:
    """The beginnings of the periods between. In UTC, where no day is longer than another."""
    step = timedelta(seconds=period)
    return [start + step * number for number in range(round((end - start) / step))]
