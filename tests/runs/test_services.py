"""Starting Runs, and what people do with them: each refusal beside its success."""

import pytest
from django.db import transaction

from runs.models import Run, RunScope, RunState, StepState
from runs.services import (
    Busy,
    cancel_refusal,
    request_cancel,
    retry_refusal,
    retry_run,
    skip_offered,
    skip_step,
    start,
)
from tests.runs.recipes import open_gate, ran, tell
from tests.runs.rows import be_due, begin, carry_out, step
from users.refusals import WrongState

pytestmark = pytest.mark.django_db


def test_start_makes_the_steps_and_takes_the_scopes() -> None:
    run = begin("short", "environment:b", "bucket:a", "bucket:a")

    assert run.state == RunState.QUEUED
    assert [row.name for row in run.steps.all()] == ["first", "middle", "last"]
    assert set(RunScope.objects.values_list("scope", flat=True)) == {"bucket:a", "environment:b"}


def test_a_scope_in_use_refuses_names_who_holds_it_and_leaves_nothing() -> None:
    first = begin("short", "bucket:a", "environment:test", title="Promotion of 1.1.0 to test")
    with pytest.raises(Busy) as refused:
        begin("short", "bucket:a", "environment:stage")

    assert refused.value.text == (
        f"Promotion of 1.1.0 to test is under way, started by Release manager (run {first.pk}), and holds bucket:a. "
        "Wait until it ends, or cancel it."
    )
    assert refused.value.details == {
        "running": None,
        "run": first.pk,
        "kind": "short",
        "run_title": "Promotion of 1.1.0 to test",
        "url": "",
    }
    assert (refused.value.code, refused.value.status) == ("busy", 409)
    assert Run.objects.count() == 1
    assert RunScope.objects.count() == 2

    assert begin("short", "environment:stage")
    carry_out(first)
    assert begin("short", "bucket:a")


def test_start_by_the_console_itself_says_so_when_it_is_in_the_way() -> None:
    with transaction.atomic():
        start(kind="short", title="Prune", scopes=["bucket:a"], actor=None)
    with pytest.raises(Busy, match="started by the console"):
        begin("short", "bucket:a")


def test_an_unknown_kind_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(LookupError, match="'nonsense'"):
        begin("nonsense")


def test_retry_goes_on_at_the_failed_step_with_the_scopes_taken_again() -> None:
    run = carry_out(begin("sulky", "bucket:a"))
    assert retry_refusal(run) is None
    retry_run(run)

    run.refresh_from_db()
    assert (run.state, run.error) == (RunState.QUEUED, "")
    assert (step(run, "sulky").state, step(run, "sulky").attempts) == (StepState.PENDING, 0)
    assert RunScope.objects.get().run == run
    carry_out(run)
    assert (ran("first"), ran("sulky")) == (1, 2)
    assert run.state == RunState.FAILED


def test_retry_is_refused_when_another_run_took_the_scope() -> None:
    run = carry_out(begin("sulky", "bucket:a"))
    other = begin("short", "bucket:a")
    with pytest.raises(Busy) as refused:
        retry_run(run)
    assert refused.value.details["run"] == other.pk
    run.refresh_from_db()
    assert run.state == RunState.FAILED

    carry_out(other)
    retry_run(run)


def test_retry_is_refused_when_the_recipe_says_why_not() -> None:
    run = carry_out(begin("sulky"))
    tell("later")
    for refused in (retry_run, skip_step):
        with pytest.raises(WrongState):
            refused(run)
    assert retry_refusal(run) == "A later release is live. Promote again instead."


def test_only_a_failed_run_is_retried_or_skipped() -> None:
    run = begin("short")
    for act in (retry_run, skip_step):
        with pytest.raises(WrongState, match="has not failed; it is queued"):
            act(run)


def test_skip_leaves_the_failed_step_out_where_it_allows_that() -> None:
    run = carry_out(begin("sulky_skippable", "bucket:a"))
    assert skip_offered(run)
    skip_step(run)
    carry_out(run)
    assert run.state == RunState.SUCCEEDED
    assert step(run, "sulky").state == StepState.SKIPPED
    assert ran("last") == 1

    other = carry_out(begin("sulky", "bucket:a"))
    assert not skip_offered(other)
    with pytest.raises(WrongState, match="'Sulk' cannot be left out"):
        skip_step(other)


def test_cancel_is_read_before_the_next_step() -> None:
    run = begin("short", "bucket:a")
    request_cancel(run)
    carry_out(run)

    assert run.state == RunState.CANCELLED
    assert ran("first") == 0
    assert ran("ended_cancelled_with_1") == 1
    assert not RunScope.objects.exists()
    with pytest.raises(WrongState, match="has ended already: cancelled"):
        request_cancel(run)


def test_cancel_wakes_a_waiting_run() -> None:
    run = carry_out(begin("patient"))
    request_cancel(run)
    carry_out(run)
    assert run.state == RunState.CANCELLED
    assert ran("patient") == 1


def test_a_failed_run_is_cancelled_at_once() -> None:
    run = carry_out(begin("sulky"))
    request_cancel(run)
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert ran("ended_cancelled_with_0") == 1


def test_cancel_is_offered_until_the_step_of_no_return_is_claimed() -> None:
    run = begin("switching")
    assert cancel_refusal(run) is None
    open_gate()
    step_before = step(run, "switch")
    assert step_before.claims == 0
    tell("gate")
    carry_out(run)
    assert run.state == RunState.SUCCEEDED
    with pytest.raises(WrongState, match="has ended already: done"):
        request_cancel(run)


def test_cancel_is_refused_after_the_step_of_no_return() -> None:
    run = begin("switching")
    run.steps.filter(position__lt=2).update(state=StepState.DONE, claims=1)
    with pytest.raises(WrongState, match="Roll back instead"):
        request_cancel(run)
    run.steps.filter(name="switch").update(state=StepState.WAITING, claims=1)
    with pytest.raises(WrongState, match="has reached 'Write entry points'"):
        request_cancel(run)
    run.steps.filter(name="switch").update(state=StepState.PENDING, claims=0)
    request_cancel(run)
    be_due(run)
    assert carry_out(run).state == RunState.CANCELLED
