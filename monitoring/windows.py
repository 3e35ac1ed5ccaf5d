"""Which time a source is to be asked about now. Pure.

What is new is asked about together with the last periods once more, because CloudWatch's newest numbers may still grow.
The moment up to which everything is known moves only when all of an answer came, so that an outage is made up for by the
next question and nothing is asked about twice.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from monitoring.joining import floor
from monitoring.kinds import DAY, FIVE_MINUTES, MINUTE

AGAIN = {MINUTE: timedelta(minutes=5), FIVE_MINUTES: timedelta(minutes=15), DAY: timedelta(days=3)}
"""AWS: numbers of the last minutes may be incomplete; those of a bucket come up to two days late."""
KEPT = {
    MINUTE: timedelta(days=2),
    FIVE_MINUTES: timedelta(days=63),
    3600: timedelta(days=455),
    DAY: timedelta(days=455),
}
"""How long samples of a period are kept; AWS keeps no five-minute numbers longer than this."""


class Window(NamedTuple):
    """From `start` up to but not including `end`, both at the beginning of a period."""

    start: datetime
    end: datetime

    def points(self, period: int) -> int:
        """How many periods it holds."""
        return int((self.end - self.start).total_seconds() // period)


def window(period: int, until: datetime | None, first: timedelta, now: datetime) -> Window | None:
    """What to ask about, None while no period has ended since. `first` is how far back one goes that knows nothing.

    A clock that was wrong for a while does no harm: a moment in the future is taken for the present.
    """
    end = floor(now, period)
    if until == end:
        return None
    oldest = end - min(first, KEPT[period]) if until is None else min(until, end) - AGAIN[period]
    return Window(floor(max(oldest, end - KEPT[period]), period), end)
