"""Many workers at one row, with real transactions on a database of the test's own."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connection

from runs import runner, schedule
from runs.claim import claim
from runs.context import StepContext
from runs.lease import Lease, LeaseLost
from runs.models import Run, RunScope, RunState, StepLine
from runs.services import Busy, request_cancel
from runs.steps import Done, Recipe, Step, register
from tests.runs.recipes import open_gate, ran, tell
from tests.runs.rows import aside, begin, carry_out, expire, step
from tests.workers import Clone
from timcombo_console.supervisor.process import wait_until

T = TypeVar("T")


def at_once(count: int, work: Callable[[int], T]) -> list[T]:
    """Call `work(0)`, `work(1)`, … in threads that start together, each with its own connection."""
    together = threading.Barrier(count)

    def one(number: int) -> T:
        try:
            together.wait()
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_sixteen_duplicate_nudges_execute_once(cloned_database: Clone) -> None:
    run = begin("short", "bucket:a")

    def all_of_it(number: int) -> None:
        while runner.advance(run.pk):
            pass

    at_once(16, all_of_it)
    carry_out(run)

    assert run.state == RunState.SUCCEEDED
    assert (ran("first"), ran("middle"), ran("last")) == (1, 1, 1)
    assert ran("ended_succeeded_with_1") == 1
    assert [row.claims for row in run.steps.all()] == [1, 1, 1]


def test_sixteen_starts_of_one_scope_make_one_run(cloned_database: Clone) -> None:
    begin("short")

    def one(number: int) -> int:
        scopes = [f"bucket:{number}", "environment:test", "distribution:d"]
        try:
            return begin("short", *scopes).pk
        except Busy as busy:
            return -int(busy.details["run"])

    answers = at_once(16, one)
    winner = max(answers)
    assert sorted(answers) == [-winner] * 15 + [winner]
    assert RunScope.objects.count() == 3


def test_starts_that_want_the_same_scopes_in_any_order_never_block_each_other(cloned_database: Clone) -> None:
    names = [f"bucket:{number}" for number in range(8)]

    def one(number: int) -> bool:
        try:
            begin("short", *(names if number % 2 else reversed(names)))
        except Busy:
            return False
        return True

    assert sum(at_once(12, one)) == 1


def test_a_stale_worker_cannot_save_nor_write(cloned_database: Clone) -> None:
    run = begin("deaf")
    assert runner.advance(run.pk)
    stale = aside(lambda: runner.advance(run.pk))
    assert wait_until(lambda: ran("holding") == 1, 10)
    expire(run)
    fresh = claim(run.pk)
    assert fresh
    open_gate()
    assert not stale.result()

    run.refresh_from_db()
    assert (ran("woke"), ran("stale_write")) == (1, 0)
    assert run.lease_token == fresh.token
    assert step(run, "deaf").claims == 2
    assert step(run, "deaf").ended_at is None


def test_nobody_can_claim_while_rows_are_written_under_the_lease(cloned_database: Clone) -> None:
    run = begin("short")
    taken = claim(run.pk)
    assert taken
    with Lease(taken.renew, taken.taken_at) as lease:
        with StepContext(taken.run, taken.row, lease).transaction():
            other = aside(lambda: expire(run))
            time.sleep(0.2)
            assert not other.done()
        other.result()
        assert aside(lambda: claim(run.pk)).result()
        with pytest.raises(LeaseLost), StepContext(taken.run, taken.row, lease).transaction():
            raise AssertionError("a stale worker may not come here")


def test_cancel_between_steps(cloned_database: Clone) -> None:
    run = begin("holding", "bucket:a")
    assert runner.advance(run.pk)
    holding = aside(lambda: carry_out(run))
    assert wait_until(lambda: ran("holding") == 1, 10)
    request_cancel(Run.objects.get(pk=run.pk))
    open_gate()
    holding.result()

    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert (ran("hold"), ran("last")) == (1, 0)
    assert not RunScope.objects.exists()


def test_several_wake_workers_call_a_scheduled_function_once(cloned_database: Clone) -> None:
    schedule.register("test.tell", 60, lambda: tell("scheduled"))
    try:
        at_once(6, lambda number: schedule.run_due())
    finally:
        del schedule._scheduled["test.tell"]
    assert ran("scheduled") == 1


def test_what_a_step_tells_is_seen_while_it_runs(cloned_database: Clone) -> None:
    seen: list[tuple[int, int]] = []

    def look(context: StepContext) -> Done:
        context.progress(done=1, total=2)
        context.log("the first line is saved with the next batch")
        context.progress(done=2)
        time.sleep(0.51)
        context.log("half a second later")
        aside(lambda: seen.append((_done(context), StepLine.objects.count()))).result()
        return Done()

    register(Recipe("looking", (Step("look", "Look", look),)))
    carry_out(begin("looking"))
    assert seen == [(2, 2)]


def _done(context: StepContext) -> int:
    return step(context.run, "look").done
