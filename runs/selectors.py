"""Reads about Runs for pages, probes and metrics."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from django.db.models import DurationField, ExpressionWrapper, F, Max, QuerySet
from django.db.models.functions import Coalesce, Greatest, Now

from runs import workers
from runs.claim import DUE
from runs.models import Run, RunState, RunStep, Schedule, StepLine, StepTime, Worker
from runs.steps import recipe_of

ACTIVE = (RunState.QUEUED, RunState.RUNNING)


@dataclass(frozen=True)
class ShownStep:
    """A step as pages show it: its label, how many seconds it took so far, and how many it usually takes."""

    row: RunStep
    label: str
    seconds: float | None
    usual_seconds: float | None


def active_runs() -> QuerySet[Run]:
    """Queued and running ones, oldest first, with their actors."""
    return Run.objects.filter(state__in=ACTIVE).select_related("actor").order_by("id")


def due_runs() -> QuerySet[Run]:
    """Those that a worker could take now, the one that waits longest first."""
    return Run.objects.filter(DUE).order_by("wake_at")


def waiting_runs() -> QuerySet[Run]:
    """Active ones that wait for a later time; `waiting_for` says why."""
    return active_runs().filter(wake_at__gt=Now()).order_by("wake_at")


def queue_age() -> float:
    """Seconds for which the oldest due Run has been due, 0 when none is."""
    due_for = ExpressionWrapper(Now() - Greatest("wake_at", "lease_until"), output_field=DurationField())
    oldest: timedelta | None = Run.objects.filter(DUE).aggregate(oldest=Max(due_for))["oldest"]
    return oldest.total_seconds() if oldest else 0.0


def alive_workers(queue: str = "runs") -> QuerySet[Worker]:
    """The workers of `queue` that were heard of in the last 15 s."""
    return workers.alive(queue)


def overdue_schedules() -> QuerySet[Schedule]:
    """What should have been done a minute ago, or failed the last time; empty when all is well."""
    late = Schedule.objects.filter(due_at__lt=Now() - timedelta(minutes=1))
    return late | Schedule.objects.exclude(error="")


def shown_steps(run: Run) -> list[ShownStep]:
    """The steps of a Run in order, in two queries."""
    recipe, usual = recipe_of(run.kind), usual_seconds(run.kind)
    labels = {step.name: step.label for step in recipe.steps} if recipe else {}
    took = ExpressionWrapper(Coalesce("ended_at", Now()) - F("started_at"), output_field=DurationField())
    return [
        ShownStep(
            row,
            labels.get(row.name, row.name),
            row.took.total_seconds() if row.took else None,
            usual.get(row.name),
        )
        for row in run.steps.annotate(took=took)
    ]


def usual_seconds(kind: str) -> dict[str, float]:
    """By step name, the median of the last 20 times that a step of this kind of Run took."""
    times = StepTime.objects.filter(kind=kind)
    return {time.step: usual_of(time.recent) for time in times}


def usual_of(recent: Sequence[float]) -> float:
    """The usual one of a step's recent times (`StepTime.recent`), in seconds."""
    return median(recent)


def log_lines(run: Run, after: int = 0, limit: int = 500) -> list[StepLine]:
    """The Run's log lines with an id above `after`, oldest first."""
    lines = StepLine.objects.filter(step__run=run, id__gt=after).select_related("step")
    return list(lines.order_by("id")[:limit])
