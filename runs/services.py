"""Starting Runs, and what people do with them. The services of the apps above call these and write the audit event.

So that nobody waits for each other: a service that changes rows of its own locks them before it calls `start`,
`retry_run` or `skip_step`, and after `request_cancel`. The runner takes the Run, then an app's rows, then the scopes.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from runs.claim import next_step, point_of_no_return
from runs.ending import end
from runs.models import Run, RunScope, RunState, RunStep, StepState
from runs.nudge import nudge_on_commit
from runs.steps import Recipe, Step, recipe_of
from users.models import User
from users.refusals import Refused, WrongState


class Busy(Refused):
    """A scope is in use. `details` names the Run in the way: run, kind, title, url; `running` is for the apps above."""

    code = "busy"
    status = 409

    def __init__(self, text: str, **details: Any) -> None:
        super().__init__(text, **{"running": None, **details})


def start(
    *,
    kind: str,
    title: str,
    scopes: Iterable[str],
    actor: User | None,
    url: str = "",
    steps: Sequence[str] = (),
) -> Run:
    """Make a Run in the caller's transaction and nudge the workers once it is committed.

    `steps` are the names of its steps where these are not the recipe's own: `change:1`, `change:2`. Raises Busy, having
    made nothing, when another Run holds one of the scopes; LookupError for an unknown kind or step.
    """
    recipe = recipe_of(kind)
    if recipe is None:
        raise LookupError(f"No recipe is registered for Runs of kind {kind!r}.")
    names = steps or [step.name for step in recipe.steps]
    if unknown := [name for name in names if recipe.step(name) is None]:
        raise LookupError(f"Runs of kind {kind!r} have no steps {unknown}.")
    with transaction.atomic():
        run = Run.objects.create(
            kind=kind,
            title=title[:200],
            url=url,
            actor=actor,
            scope_names=sorted(set(scopes)),
            nudged_at=Now(),
        )
        RunStep.objects.bulk_create(
            RunStep(run=run, position=position, name=name) for position, name in enumerate(names)
        )
        _take_scopes(run)
    nudge_on_commit(run)
    return run


def retry_run(run: Run) -> None:
    """Let a failed Run go on from its failed step. Raises WrongState, or Busy when a scope is in use by now."""
    with transaction.atomic():
        locked, row = _failed(run)
        refusal = retry_refusal(locked)
        if refusal:
            raise WrongState(refusal)
        _go_on(locked, row, StepState.PENDING)


def skip_step(run: Run) -> None:
    """Leave the failed step out and let the Run go on after it. Raises WrongState or Busy."""
    with transaction.atomic():
        locked, row = _failed(run)
        step = _step_of(locked, row)
        if step is None or not step.skippable:
            raise WrongState(
                f"The step {_label(step, row)!r} cannot be left out. Retry it, or cancel or roll back."
            )
        refusal = retry_refusal(locked)
        if refusal:
            raise WrongState(refusal)
        _go_on(locked, row, StepState.SKIPPED)


def request_cancel(run: Run) -> None:
    """End a failed Run as cancelled, or have an active one end before its next step. Raises WrongState."""
    with transaction.atomic():
        locked = _locked(run)
        refusal = cancel_refusal(locked)
        if refusal:
            raise WrongState(refusal)
        if locked.state == RunState.FAILED:
            end(locked, RunState.CANCELLED, locked.error)
            return
        Run.objects.filter(pk=locked.pk).update(cancel_requested_at=Now(), wake_at=Now(), nudged_at=Now())
        nudge_on_commit(locked)


def retry_refusal(run: Run) -> str | None:
    """Why a retry would be refused, None when it is offered."""
    if run.state != RunState.FAILED:
        return _not_failed(run)
    recipe = recipe_of(run.kind)
    return recipe.may_retry(run) if recipe and recipe.may_retry else None


def cancel_refusal(run: Run) -> str | None:
    """Why a cancel would be refused, None when it is offered."""
    if run.state in (RunState.SUCCEEDED, RunState.CANCELLED):
        return (
            f"{run.title} has ended already: {run.get_state_display().lower()}. There is nothing to cancel."
        )
    step = point_of_no_return(run)
    if step is None:
        return None
    return f"{run.title} has reached {step.label!r}; from there on it cannot be cancelled. Roll back instead."


def skip_offered(run: Run) -> bool:
    """Whether the step at which the Run failed may be left out."""
    row = next_step(run) if run.state == RunState.FAILED else None
    step = _step_of(run, row) if row else None
    return bool(step and step.skippable and retry_refusal(run) is None)


def _locked(run: Run) -> Run:
    return Run.objects.select_for_update(of=("self",)).get(pk=run.pk)


def _failed(run: Run) -> tuple[Run, RunStep]:
    locked = _locked(run)
    row = next_step(locked)
    if locked.state != RunState.FAILED or row is None:
        raise WrongState(_not_failed(locked))
    return locked, row


def _not_failed(run: Run) -> str:
    return f"{run.title} has not failed; it is {run.get_state_display().lower()}. Only a failed one goes on by hand."


def _step_of(run: Run, row: RunStep) -> Step | None:
    recipe: Recipe | None = recipe_of(run.kind)
    return recipe.step(row.name) if recipe else None


def _label(step: Step | None, row: RunStep) -> str:
    return step.label if step else row.name


def _go_on(run: Run, row: RunStep, state: StepState) -> None:
    _take_scopes(run)
    RunStep.objects.filter(pk=row.pk).update(
        state=state, attempts=0, error="", deadline_at=None, started_at=None, ended_at=None
    )
    Run.objects.filter(pk=run.pk, state=RunState.FAILED).update(
        state=RunState.QUEUED,
        error="",
        ended_at=None,
        cancel_requested_at=None,
        wake_at=Now(),
        nudged_at=Now(),
    )
    nudge_on_commit(run)


def _take_scopes(run: Run) -> None:
    """Insert the Run's scopes in sorted order, so that two that want the same ones never wait for each other."""
    wanted: Sequence[str] = run.scope_names
    while True:
        RunScope.objects.bulk_create(
            (RunScope(scope=scope, run=run) for scope in wanted), ignore_conflicts=True
        )
        taken = RunScope.objects.filter(scope__in=wanted).select_related("run__actor")
        others = [scope for scope in taken if scope.run_id != run.pk]
        if others:
            raise _busy(min(others, key=lambda other: other.scope))
        if len(taken) == len(wanted):
            return


def _busy(taken: RunScope) -> Busy:
    run = taken.run
    who = str(run.actor) if run.actor else "the console"
    text = (
        f"{run.title} is under way, started by {who} (run {run.pk}), and holds {taken.scope}. "
        "Wait until it ends, or cancel it."
    )
    return Busy(text, run=run.pk, kind=run.kind, run_title=run.title, url=run.url)
