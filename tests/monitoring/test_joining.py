"""Joining values of several periods: in Python and by the database, which must agree; windows and ranges."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.joining import floor, joined
from monitoring.keeping import spark
from monitoring.kinds import DAY, DISTRIBUTION, FIVE_MINUTES, KINDS, MINUTE
from monitoring.ranges import RANGES, times
from monitoring.windows import KEPT, window

NOON = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
MONTH = timedelta(days=30)
number = st.one_of(st.none(), st.floats(0, 1e6, allow_subnormal=False))


def test_sums_are_added_and_rates_are_weighted_by_requests() -> None:
    rows = [[10.0, *[None] * 3, 50.0, *[None] * 5], [990.0, *[None] * 3, 0.0, *[None] * 5]]
    found = joined(DISTRIBUTION, rows)
    assert (found[0], found[4]) == (1000, 0.5)


def test_what_nobody_knows_stays_unknown() -> None:
    assert joined(DISTRIBUTION, []) == [None] * 10
    assert joined(DISTRIBUTION, [[None] * 10]) == [None] * 10
    assert joined(DISTRIBUTION, [[0.0, *[None] * 3, 100.0, *[None] * 5]])[4] is None
    assert joined(KINDS["bucket"], [[5.0, 1.0], [None, 2.0]]) == [5.0, 2.0]


@given(st.lists(st.lists(number, min_size=10, max_size=10), max_size=20))
def test_a_mean_lies_between_its_values_and_joining_in_two_steps_is_joining_at_once(
    rows: list[list[float | None]],
) -> None:
    whole = joined(DISTRIBUTION, rows)
    known = [row[4] for row in rows if row[4] is not None and row[0]]
    if known:
        assert min(known) - 1e-6 <= (whole[4] or 0) <= max(known) + 1e-6
    # A sum, whatever way it is cut.
    halves = [joined(DISTRIBUTION, rows[: len(rows) // 2]), joined(DISTRIBUTION, rows[len(rows) // 2 :])]
    assert joined(DISTRIBUTION, halves)[0] == pytest.approx(whole[0])


def test_nothing_is_due_before_a_period_has_ended() -> None:
    assert window(FIVE_MINUTES, NOON, MONTH, NOON + timedelta(minutes=4)) is None
    found = window(FIVE_MINUTES, NOON, MONTH, NOON + timedelta(minutes=5))
    assert found == (NOON - timedelta(minutes=15), NOON + timedelta(minutes=5))


def test_a_new_source_begins_as_far_back_as_its_kind_says_and_no_outage_goes_beyond_what_is_kept() -> None:
    assert window(FIVE_MINUTES, None, MONTH, NOON) == (NOON - MONTH, NOON)
    long_ago = window(FIVE_MINUTES, NOON - timedelta(days=400), MONTH, NOON)
    assert long_ago == (NOON - KEPT[FIVE_MINUTES], NOON)
    assert window(MINUTE, None, MONTH, NOON) == (NOON - KEPT[MINUTE], NOON)


def test_a_moment_in_the_future_is_taken_for_the_present() -> None:
    assert window(FIVE_MINUTES, NOON + timedelta(days=9), MONTH, NOON) == (NOON - timedelta(minutes=15), NOON)


def test_days_on_which_clocks_are_set_are_as_long_as_others() -> None:
    # In Europe 29 March 2026 has 23 hours and 25 October 25.
    for day in (datetime(2026, 3, 29, 18, tzinfo=UTC), datetime(2026, 10, 25, 18, tzinfo=UTC)):
        start, end = RANGES["24h"].ending(day, 3600)
        drawn = times(start, end, 3600)
        assert len(drawn) == 24
        assert len(set(drawn)) == 24
        assert {later - earlier for earlier, later in pairwise(drawn)} == {timedelta(hours=1)}
    assert floor(datetime(2026, 3, 29, 3, 59, tzinfo=UTC), DAY) == datetime(2026, 3, 29, tzinfo=UTC)


def test_the_line_of_the_matrix_stays_in_its_box_in_whole_tenths() -> None:
    points = [tuple(map(float, one.split(","))) for one in spark([0, 5, 10]).split()]
    assert points == [(0, 15), (24, 8), (48, 1)]
    assert spark([0.0, 0.0]) == "0,15 48,15"
