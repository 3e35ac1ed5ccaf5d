"""Whether a handler fares worse since its update."""

from datetime import UTC, datetime, timedelta

import pytest

from aws.function_metrics import Minute
from deployments.handler_health import Calls, Fares, fares

UPDATED = datetime(2026, 3, 1, 12, 0, 40, tzinfo=UTC)
FINE, ILL = Minute(invocations=10), Minute(errors=3, invocations=10)


def at(minutes: int) -> datetime:
    """The beginning of a minute, counted from that of the update."""
    return datetime(2026, 3, 1, 12, 0, tzinfo=UTC) + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("before", "since", "worse"),
    [
        ((600, 0), (20, 0), False),
        ((600, 0), (20, 2), True),
        ((600, 0), (20, 1), False),
        ((600, 0), (1, 1), True),
        ((0, 0), (7, 7), True),
        ((0, 0), (0, 0), False),
        ((600, 6), (200, 5), False),
        ((600, 6), (20, 5), True),
        ((600, 600), (20, 20), False),
    ],
)
def test_a_handler_is_worse_when_more_of_its_calls_fail_than_before(
    before: tuple[int, int], since: tuple[int, int], worse: bool
) -> None:
    assert Fares(Calls(*before), Calls(*since)).worse is worse


def test_the_minute_of_the_update_counts_as_since_and_an_hour_as_before() -> None:
    minutes = {at(-61): ILL, at(-60): FINE, at(-1): FINE, at(0): ILL, at(1): FINE}
    assert fares(minutes, UPDATED) == Fares(Calls(20, 0), Calls(20, 3))


def test_throttled_calls_failed_and_are_no_invocations() -> None:
    assert fares({at(0): Minute(errors=1, throttles=4, invocations=6)}, UPDATED).since == Calls(10, 5)


def test_calls_are_told_as_a_share() -> None:
    assert str(Calls(1200, 7)) == "7 of 1,200"
