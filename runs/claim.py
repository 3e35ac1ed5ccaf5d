"""Taking a Run for one step: a guarded UPDATE that hits one row for one worker."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from runs import workers
from runs.ending import end
from runs.lease import LEASE_SECONDS, clock
from runs.models import Run, RunState, RunStep, StepLine, StepState
from runs.steps import Step, recipe_of

LEASE = timedelta(seconds=LEASE_SECONDS)
FREE = Q(lease_until__isnull=True) | Q(lease_until__lte=Now())
DUE = Q(state__in=(RunState.QUEUED, RunState.RUNNING), wake_at__lte=Now()) & FREE
ENDED = (StepState.DONE, StepState.SKIPPED)


@dataclass(frozen=True)
class Claim:
    """A step that is ours to do. `taken_at` is `clock()` before the lease was taken."""

    run: Run
    row: RunStep
    step: Step
    taken_at: float

    @property
    def token(self) -> UUID:
        assert self.run.lease_token
        return self.run.lease_token

    def renew(self) -> bool:
        """Push the lease out to its full length; False when it is not ours any more."""
        return bool(held(self.run.pk, self.token).update(lease_until=Now() + LEASE))


def held(run_id: int, token: UUID) -> QuerySet[Run]:
    """The Run while the lease with that token lasts, by the database's clock."""
    return Run.objects.filter(pk=run_id, lease_token=token, lease_until__gt=Now())


def claim(run_id: int) -> Claim | None:
    """Take the Run's next step, or end the Run when there is none to take; None when there is nothing to do."""
    taken_at = clock()
    with transaction.atomic():
        took = Run.objects.filter(DUE, pk=run_id).update(
            state=RunState.RUNNING,
            lease_token=uuid4(),
            lease_until=Now() + LEASE,
            worker=workers.name(),
            started_at=Coalesce(F("started_at"), Now()),
            waiting_for="",
        )
        if not took:
            return None
        run = Run.objects.get(pk=run_id)
        row = next_step(run)
        if row is None:
            end(run, RunState.SUCCEEDED)
            return None
        step = _step_to_do(run, row)
        if step is None:
            return None
        _count(row, step)
        return Claim(run, row, step, taken_at)


def next_step(run: Run) -> RunStep | None:
    """The first step that is neither done nor skipped."""
    return run.steps.exclude(state__in=ENDED).first()


def point_of_no_return(run: Run) -> Step | None:
    """The step because of which the Run can no longer be cancelled, None while it can be."""
    recipe = recipe_of(run.kind)
    final = {step.name: step for step in recipe.steps if not step.cancellable} if recipe else {}
    reached = run.steps.filter(name__in=final, claims__gt=0).first()
    return final[reached.name] if reached else None


def _step_to_do(run: Run, row: RunStep) -> Step | None:
    """The code of the step, or None after ending the Run because it must not be done."""
    recipe = recipe_of(run.kind)
    step = recipe.step(row.name) if recipe else None
    if run.cancel_requested_at and point_of_no_return(run) is None:
        end(run, RunState.CANCELLED)
        return None
    if step is None:
        fail(
            run,
            row,
            f"This version of the console has no step {row.name!r} in a Run of kind {run.kind!r}; "
            "another version started it. Start the work anew.",
        )
        return None
    if row.attempts >= step.limit:
        last = f" The last error before: {row.error}" if row.error else ""
        fail(
            run,
            row,
            f"The step ended its worker {row.attempts} times in a row without an answer.{last} "
            "Look into that worker's log, then retry.",
        )
        return None
    return step


def _count(row: RunStep, step: Step) -> None:
    if row.state == StepState.RUNNING:
        text = f"The worker before did not answer. Going on at this step, attempt {row.attempts + 1} of {step.limit}."
        StepLine.objects.create(step=row, level="warn", text=text)
    row.state, row.attempts, row.claims = StepState.RUNNING, row.attempts + 1, row.claims + 1
    RunStep.objects.filter(pk=row.pk).update(
        state=row.state,
        attempts=row.attempts,
        claims=row.claims,
        started_at=Coalesce(F("started_at"), Now()),
    )


def fail(run: Run, row: RunStep, text: str) -> None:
    """End the Run as failed at this step, in the caller's transaction."""
    RunStep.objects.filter(pk=row.pk).update(state=StepState.FAILED, error=text, ended_at=Now())
    StepLine.objects.create(step=row, level="error", text=text)
    end(run, RunState.FAILED, text)
