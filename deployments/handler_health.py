"""Whether a handler fares worse since its update than before: no AWS call, no clock.

Shares of failed calls are compared, not counts: the time before is an hour and the time since a minute or two, and a
handler that always fails a little fails as little after a good update.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from math import sqrt
from typing import NamedTuple

from aws.function_metrics import Minute

BEFORE = timedelta(hours=1)
"""So long before its update is what a handler is compared with."""


class Calls(NamedTuple):
    """Calls of a handler in some time; `failed` ended in an error or were throttled."""

    total: int
    failed: int

    def __str__(self) -> str:
        return f"{self.failed:,} of {self.total:,}"


class Fares(NamedTuple):
    """A handler before its update and since; the minute of the update counts as since."""

    before: Calls
    since: Calls

    @property
    def worse(self) -> bool:
        """Whether more calls fail than chance explains: three standard deviations above what failed before.

        One failed call among good ones proves nothing.
        """
        share = self.before.failed / self.before.total if self.before.total else 0.0
        expected = share * self.since.total
        few = self.since.failed == 1 < self.since.total
        return not few and self.since.failed > expected + 3 * sqrt(expected)


def minute_of(moment: datetime) -> datetime:
    """The beginning of its minute, which is what AWS counts by."""
    return moment.replace(second=0, microsecond=0)


def fares(minutes: Mapping[datetime, Minute], updated: datetime) -> Fares:
    """How a handler fares that was updated then, from its minutes by their beginnings."""
    update = minute_of(updated)
    before = (one for at, one in minutes.items() if update - BEFORE <= at < update)
    return Fares(_calls(before), _calls(one for at, one in minutes.items() if at >= update))


def _calls(minutes: Iterable[Minute]) -> Calls:
    """AWS: a throttled call is no invocation."""
    total = failed = 0
    for one in minutes:
        failed += one.errors + one.throttles
        total += max(one.invocations, one.errors) + one.throttles
    return Calls(total, failed)
