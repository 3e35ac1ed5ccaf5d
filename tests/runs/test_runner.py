"""The runner in one process: what each outcome does to the rows."""

from uuid import uuid4

import pytest
from django.db.models import F
from django.db.models.functions import Now

from runs import runner, shutdown
from runs.claim import claim
from runs.context import StepContext
from runs.lease import Lease, LeaseLost
from runs.models import Run, RunScope, RunState, RunStep, StepLine, StepState
from runs.saving import Again, GivenBack, backoff, save
from runs.steps import Done, Recipe, Step, StepFailed, register
from tests.runs.recipes import open_gate, ran
from tests.runs.recipes import tell as tell_test
from tests.runs.rows import be_due, begin, carry_out, expire, step

pytestmark = pytest.mark.django_db


def test_steps_are_done_in_order_and_the_run_gives_its_scopes_back() -> None:
    run = carry_out(begin("short", "bucket:a", "environment:b"))

    assert run.state == RunState.SUCCEEDED
    assert run.ended_at
    assert (ran("first"), ran("middle"), ran("last")) == (1, 1, 1)
    assert ran("ended_succeeded_with_2") == 1
    assert not RunScope.objects.exists()
    rows = list(run.steps.all())
    assert [row.state for row in rows] == [StepState.DONE] * 3
    assert [row.attempts for row in rows] == [0, 0, 0]
    assert all(row.started_at and row.ended_at for row in rows)
    assert rows[0].output == {"by": "this process"}


def test_a_run_that_has_ended_is_left_alone() -> None:
    run = carry_out(begin("short"))

    assert not runner.advance(run.pk)
    assert ran("first") == 1


def test_a_run_that_does_not_exist_is_nothing_to_do() -> None:
    assert not runner.advance(10**9)


def test_a_nudge_before_the_wake_time_does_nothing() -> None:
    run = carry_out(begin("patient"))
    assert run.waiting_for == "the edge to answer"
    assert step(run, "patient").state == StepState.WAITING

    carry_out(run)
    assert ran("patient") == 1

    be_due(run)
    carry_out(run)
    assert ran("patient") == 2


def test_waiting_costs_no_attempts_and_keeps_its_output() -> None:
    run = begin("patient")
    for _ in range(7):
        carry_out(run)
        be_due(run)
    open_gate()
    carry_out(run)

    assert run.state == RunState.SUCCEEDED
    assert step(run, "patient").output == {"rounds": 8}
    assert (step(run, "patient").attempts, step(run, "patient").claims) == (0, 8)


def test_a_step_that_waits_past_its_deadline_fails_and_says_for_what() -> None:
    run = carry_out(begin("patient", "bucket:a"))
    RunStep.objects.filter(run=run).update(deadline_at=Now())
    be_due(run)
    carry_out(run)

    assert run.state == RunState.FAILED
    assert run.error == "Waited longer than 1 minute for: the edge to answer"
    assert ran("ended_failed_with_1") == 1
    assert not RunScope.objects.exists()


def test_an_error_is_tried_again_later_and_its_text_kept() -> None:
    run = carry_out(begin("flaky"))
    row = step(run, "flaky")
    assert (row.attempts, row.error) == (1, "ConnectionError: the line was cut.")
    assert run.waiting_for == "Trying again after attempt 1 of 5: ConnectionError: the line was cut."
    assert Run.objects.filter(pk=run.pk, wake_at__gt=Now(), lease_token=None).exists()

    for _ in range(2):
        be_due(run)
        carry_out(run)
    assert run.state == RunState.SUCCEEDED
    assert step(run, "flaky").error == ""
    assert step(run, "flaky").attempts == 2
    assert StepLine.objects.filter(step__run=run, level="error").count() == 2


def test_errors_in_a_row_reach_the_limit() -> None:
    run = begin("broken")
    for _ in range(5):
        carry_out(run)
        be_due(run)

    assert ran("broken") == 3
    assert run.state == RunState.FAILED
    assert run.error == "KeyError: 'colour'. That was attempt 3 of 3."
    assert step(run, "broken").state == StepState.FAILED
    assert step(run, "last").state == StepState.PENDING


def test_a_terminal_failure_is_not_tried_again() -> None:
    run = carry_out(begin("sulky", "bucket:a"))

    assert run.state == RunState.FAILED
    assert run.error == "The bucket tim-x does not exist. Create it, then retry."
    assert ran("sulky") == 1
    assert ran("ended_failed_with_1") == 1
    assert not RunScope.objects.exists()


@pytest.mark.parametrize("columns", [{"kind": "gone"}, {}])
def test_an_unknown_step_or_kind_after_an_upgrade_fails_with_that_cause(columns: dict[str, str]) -> None:
    run = begin("short", "bucket:a")
    Run.objects.filter(pk=run.pk).update(**columns)
    RunStep.objects.filter(run=run, position=0).update(name="old")
    carry_out(run)

    assert run.state == RunState.FAILED
    assert f"has no step 'old' in a Run of kind '{run.kind}'" in run.error
    assert not RunScope.objects.exists()


def test_backoff_doubles_up_to_half_a_minute_with_jitter() -> None:
    for attempt, longest in ((1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 30), (60, 30)):
        waits = {backoff(attempt) for _ in range(50)}
        assert longest / 2 <= min(waits) < max(waits) <= longest


def test_a_worker_that_died_is_told_in_the_log_and_counted() -> None:
    run = begin("short")
    assert claim(run.pk)
    assert claim(run.pk) is None
    expire(run)
    carry_out(run)

    assert run.state == RunState.SUCCEEDED
    assert (step(run, "first").attempts, step(run, "first").claims) == (1, 2)
    line = StepLine.objects.get(step__run=run, level="warn")
    assert line.text == "The worker before did not answer. Going on at this step, attempt 2 of 5."


def test_deaths_in_a_row_reach_the_limit() -> None:
    run = begin("deadly")
    carry_out_first = claim(run.pk)
    assert carry_out_first
    RunStep.objects.filter(run=run, position=0).update(attempts=5)
    expire(run)
    carry_out(run)

    assert run.state == RunState.FAILED
    assert "ended its worker 5 times in a row" in run.error


def test_every_outcome_of_a_stale_worker_is_refused_and_writes_nothing() -> None:
    run = begin("short", "bucket:a")
    stale = claim(run.pk)
    assert stale
    expire(run)
    fresh = claim(run.pk)
    assert fresh
    before = RunStep.objects.filter(run=run).values()[0]

    with Lease(stale.renew, stale.taken_at) as lease:
        context = StepContext(stale.run, stale.row, lease)
        context.log("stale")
        for outcome in (Done({"stale": True}), Again("stale"), GivenBack()):
            with pytest.raises(LeaseLost):
                save(stale, context, outcome)
    assert not stale.renew()
    assert RunStep.objects.filter(run=run).values()[0] == before
    assert not StepLine.objects.filter(text="stale").exists()
    assert fresh.renew()


def test_a_lease_that_expired_is_lost_even_when_nobody_took_it() -> None:
    run = begin("short")
    taken = claim(run.pk)
    assert taken
    expire(run)

    assert not taken.renew()
    with (
        Lease(taken.renew, taken.taken_at) as lease,
        pytest.raises(LeaseLost),
    ):
        save(taken, StepContext(taken.run, taken.row, lease), Done())


def test_progress_log_and_rows_of_a_step_are_refused_to_a_stale_worker() -> None:
    run = begin("short")
    taken = claim(run.pk)
    assert taken
    with Lease(taken.renew, taken.taken_at) as lease:
        context = StepContext(taken.run, taken.row, lease)
        with context.transaction():
            RunStep.objects.filter(pk=taken.row.pk).update(note="ours")
        Run.objects.filter(pk=run.pk).update(lease_token=uuid4())
        with pytest.raises(LeaseLost), context.transaction():
            RunStep.objects.filter(pk=taken.row.pk).update(note="stale")
        with pytest.raises(LeaseLost):
            lease.check()
    assert step(run, "first").note == "ours"


def test_a_step_that_loses_its_lease_neither_saves_nor_ends_the_run() -> None:
    def lose(context: StepContext) -> Done:
        context.lease.lose()
        context.lease.check()
        return Done()

    register(Recipe("losing", (Step("lose", "Lose", lose),)))
    run = carry_out(begin("losing"))

    assert run.state == RunState.RUNNING
    assert run.lease_token
    assert step(run, "lose").state == StepState.RUNNING
    assert step(run, "lose").attempts == 1


def test_a_worker_asked_to_stop_gives_the_lease_and_the_attempt_back() -> None:
    def stop(context: StepContext) -> Done:
        context.log("about to stop")
        shutdown.request()
        context.lease.check()
        return Done()

    register(Recipe("stopping", (Step("stop", "Stop", stop),)))
    try:
        run = carry_out(begin("stopping"))
        assert not runner.advance(run.pk)
    finally:
        shutdown.forget()

    assert run.lease_token is None
    assert (step(run, "stop").attempts, step(run, "stop").state) == (0, StepState.PENDING)
    assert StepLine.objects.get(step__run=run).text == "about to stop"
    assert claim(run.pk)


def test_what_a_step_tells_is_on_its_row() -> None:
    def tell(context: StepContext) -> Done:
        context.progress(done=3, total=4, bytes_done=5, bytes_total=6, note="three")
        context.progress(done=4)
        context.log("all of them", request_id="R1")
        return Done({"of": context.output_of("tell")})

    register(Recipe("telling", (Step("tell", "Tell", tell),)))
    row = step(carry_out(begin("telling")), "tell")

    assert (row.done, row.total, row.bytes_done, row.bytes_total, row.note) == (4, 4, 5, 6, "three")
    assert row.output == {"of": {}}
    line = row.lines.get()
    assert (line.level, line.text, line.request_id) == ("info", "all of them", "R1")


def test_an_end_that_fails_is_tried_again_and_undone() -> None:
    def refuse(run: Run) -> None:
        RunStep.objects.filter(run=run).update(note=F("note"))
        if run.state == RunState.SUCCEEDED:
            raise ValueError("the pointer is missing")

    register(Recipe("ending", (Step("only", "Only", lambda context: Done(), limit=2),), on_end=refuse))
    run = begin("ending", "bucket:a")
    carry_out(run)
    assert run.state == RunState.RUNNING
    assert "the pointer is missing" in run.waiting_for
    be_due(run)
    carry_out(run)

    assert run.state == RunState.FAILED
    assert "the pointer is missing" in run.error


def test_what_no_database_can_keep_does_not_stop_a_run() -> None:
    odd = "index\0.html \udcff"

    def tell(context: StepContext) -> Done:
        context.log(odd)
        context.progress(note=odd)
        raise RuntimeError(odd) if ran("odd") else StepFailed(odd)

    register(Recipe("odd", (Step("tell", "Tell", tell),)))
    run = carry_out(begin("odd"))
    assert run.state == RunState.FAILED
    assert run.error == "index\ufffd.html ?"
    assert StepLine.objects.filter(step__run=run, text="index\ufffd.html ?").count() == 2

    tell_test("odd")
    again = carry_out(begin("odd"))
    assert again.waiting_for.endswith("RuntimeError: index\ufffd.html ?")
