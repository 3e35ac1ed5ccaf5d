"""Deployment statistics from plain records: what each figure is made of, and what it is of nothing."""

import random
from datetime import UTC, datetime, timedelta
from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.statistics import (
    Deployed,
    Place,
    Share,
    StepEnd,
    StepEnded,
    figures_of,
    goal,
    handlers_updated,
    percentile,
    spread,
    steps_figures,
)

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
DONE, FAILED, SKIPPED = StepEnd.DONE, StepEnd.FAILED, StepEnd.SKIPPED
Moment = datetime | None


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def went_live(
    began: float,
    *,
    rollback: bool = False,
    left: bool = False,
    degraded: bool = False,
    registered: Moment = None,
) -> Deployed:
    """Begun so many minutes after noon, switched a minute later, and live one more later."""
    return Deployed(
        rollback, after(began), after(began + 2), None, after(began + 1), left, degraded, registered
    )


def failed(began: float, *, noticed: bool = True, rollback: bool = False) -> Deployed:
    return Deployed(
        rollback,
        after(began),
        None,
        after(began + 3),
        after(began + 1) if noticed else None,
        False,
        False,
        None,
    )


def test_of_nothing_nothing_is_known() -> None:
    none = figures_of([], 30)
    assert (none.frequency.of, none.frequency.per(7)) == (0, None)
    assert (none.lead.of, none.lead.median, none.lead.tail) == (0, None, None)
    assert (none.failures, none.failures.ratio) == (Share(0, 0), None)
    assert (none.restore.of, none.restore.median, none.unmended) == (0, None, False)
    assert not none.lead.few


def test_rollbacks_are_deployments_and_no_changes() -> None:
    found = figures_of([went_live(0, left=True), went_live(10, rollback=True), went_live(20)], 30)
    assert (found.frequency.of, found.rollbacks) == (3, 1)
    assert found.frequency.per(7) == pytest.approx(0.7)
    assert found.failures == Share(2, 1)


def test_what_failed_did_not_go_live_and_counts_as_a_change() -> None:
    found = figures_of([failed(0, noticed=False), went_live(10)], 7)
    assert (found.frequency.of, found.failures) == (1, Share(2, 1))
    assert found.failures.ratio == 0.5


def test_a_failed_rollback_is_no_failed_change() -> None:
    assert figures_of([failed(0, rollback=True)], 7).failures == Share(0, 0)


def test_one_that_failed_in_several_ways_failed_once() -> None:
    assert figures_of([went_live(0, left=True, degraded=True)], 7).failures == Share(1, 1)


def test_lead_time_is_from_registration_to_live() -> None:
    changes = [went_live(60, registered=NOON), went_live(180, registered=after(120)), went_live(200)]
    found = figures_of(changes, 30)
    assert (found.lead.of, found.lead.median) == (2, 62 * 60)
    assert found.lead.few


def test_restored_is_what_went_wrong_until_the_next_good_one() -> None:
    found = figures_of([went_live(0, degraded=True), went_live(10, rollback=True)], 30)
    assert (found.restore.of, found.restore.median, found.unmended) == (1, 11 * 60, False)


def test_several_bad_ones_in_a_row_are_one_time_of_trouble() -> None:
    trouble = [went_live(0, left=True), failed(10), failed(20, rollback=True), went_live(30, rollback=True)]
    found = figures_of([went_live(-10), *trouble, went_live(60)], 30)
    assert (found.restore.of, found.restore.median) == (1, 31 * 60)
    assert found.failures == Share(4, 2)


def test_what_nobody_got_needs_no_restoring() -> None:
    found = figures_of([failed(0, noticed=False), went_live(10)], 30)
    assert (found.restore.of, found.unmended) == (0, False)


def test_what_still_runs_badly_is_said_and_not_counted() -> None:
    found = figures_of([went_live(0), went_live(10, degraded=True)], 30)
    assert (found.restore.of, found.unmended) == (0, True)


MADE = st.builds(
    lambda at, rollback, left, degraded, fails, noticed: (
        failed(at * 10, noticed=noticed, rollback=rollback)
        if fails
        else went_live(at * 10, rollback=rollback, left=left, degraded=degraded, registered=after(-5))
    ),
    st.integers(0, 1000),
    *[st.booleans()] * 5,
)


@given(st.lists(MADE, max_size=30, unique_by=lambda one: one.began_at), st.randoms(use_true_random=False))
def test_figures_hold_whatever_came(deployed: list[Deployed], chance: random.Random) -> None:
    found = figures_of(deployed, 30)
    shuffled = deployed[:]
    chance.shuffle(shuffled)
    assert figures_of(shuffled, 30) == found
    assert found.frequency.of == sum(one.live_at is not None for one in deployed)
    assert found.failures.of == sum(not one.rollback for one in deployed)
    assert 0 <= found.failures.part <= found.failures.of
    assert found.lead.of <= found.frequency.of
    assert found.restore.of <= sum(one.bad for one in deployed)
    assert (found.restore.median or 1) > 0


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=50), st.integers(1, 99))
def test_percentiles_are_those_of_the_library(values: list[float], hundredth: int) -> None:
    expected = quantiles(values, n=100, method="inclusive")[hundredth - 1]
    assert percentile(values, hundredth / 100) == pytest.approx(expected, abs=1e-6)


def test_one_value_is_every_percentile() -> None:
    assert spread([4.0], 0.9) == spread([4.0], 0.1)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([Place(1, "dev", True, False), Place(2, "prod", True, True), Place(3, "demo", True, False)], "prod"),
        (
            [Place(1, "dev", True, False), Place(2, "test", True, False), Place(3, "static", False, True)],
            "test",
        ),
        ([Place(1, "www", False, True), Place(2, "docs", False, False)], "docs"),
    ],
)
def test_a_release_arrives_at_the_last_protected_app(places: list[Place], expected: str) -> None:
    found = goal(places)
    assert found is not None
    assert found.name == expected


def test_without_environments_it_arrives_nowhere() -> None:
    assert goal([]) is None


def test_steps_count_what_ended_and_time_what_was_done() -> None:
    ended = [
        *[StepEnded(run, "copy", DONE, float(run)) for run in range(1, 5)],
        StepEnded(5, "copy", FAILED, 900.0),
        StepEnded(6, "verify", SKIPPED, None),
        StepEnded(7, "copy", DONE, None),
    ]
    found = steps_figures(ended)
    assert found["copy"].success == Share(6, 5)
    assert (found["copy"].time.of, found["copy"].time.median) == (4, 2.5)
    assert found["copy"].time.tail == pytest.approx(3.85)
    assert (found["verify"].success, found["verify"].time.median) == (Share(1, 0), None)


def test_handlers_are_updated_when_all_three_steps_are_done() -> None:
    whole = [
        StepEnded(1, name, DONE, 1.0) for name in ("look", "prepare", "switch-handlers", "verify-handlers")
    ]
    stopped = [StepEnded(2, "prepare", DONE, 1.0), StepEnded(2, "switch-handlers", FAILED, 1.0)]
    under_way = [StepEnded(3, "prepare", DONE, 1.0)]
    pages_only = [StepEnded(4, "copy", DONE, 1.0), StepEnded(4, "switch", FAILED, 1.0)]
    assert handlers_updated([*whole, *stopped, *under_way, *pages_only]) == Share(2, 1)
    assert handlers_updated(pages_only).ratio is None
