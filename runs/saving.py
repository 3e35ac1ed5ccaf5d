"""What the end of an attempt does to the rows: one transaction, and only while the lease is ours."""

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from runs.claim import Claim, fail, held, next_step
from runs.context import StepContext
from runs.ending import end
from runs.lease import LeaseLost
from runs.models import RunState, RunStep, StepLine, StepState
from runs.steps import Done, Wait

LONGEST_BACKOFF = 30.0
BUCKETS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)


@dataclass(frozen=True)
class Failed:
    """The attempt showed that no retry can help."""

    text: str


@dataclass(frozen=True)
class Again:
    """The attempt went wrong in a way that may pass."""

    text: str


@dataclass(frozen=True)
class GivenBack:
    """The worker stops; the attempt does not count."""


Outcome = Done | Wait | Failed | Again | GivenBack


def save(claim: Claim, context: StepContext, outcome: Outcome) -> bool:
    """Save the outcome and give the lease back; True when the Run's next step can be done at once.

    Raises LeaseLost, having written nothing, when the lease is not ours any more.
    """
    with context.saving():
        _give_back(claim)
        update(claim, **context.counts())
        match outcome:
            case Done():
                more = _done(claim, outcome)
            case Wait():
                more = _wait(claim, outcome)
            case Failed(text):
                more = _failed(claim, text)
            case Again(text):
                more = _again(claim, text)
            case GivenBack():
                more = _given_back(claim)
    return more


def update(claim: Claim, **columns: Any) -> None:
    """Write columns of the step's row."""
    RunStep.objects.filter(pk=claim.row.pk).update(**columns)


def _give_back(claim: Claim) -> None:
    ours = held(claim.run.pk, claim.token)
    if not ours.update(lease_token=None, lease_until=None, nudged_at=None):
        raise LeaseLost


def _done(claim: Claim, done: Done) -> bool:
    update(
        claim,
        state=StepState.DONE,
        attempts=F("attempts") - 1,
        output={**claim.row.output, **done.output},
        error="",
        ended_at=Now(),
    )
    if next_step(claim.run) is not None:
        return True
    end(claim.run, RunState.SUCCEEDED)
    return False


def _wait(claim: Claim, wait: Wait) -> bool:
    limit = timedelta(seconds=claim.step.wait_limit)
    update(
        claim,
        state=StepState.WAITING,
        attempts=0,
        output={**claim.row.output, **wait.output},
        error="",
        deadline_at=Coalesce(F("deadline_at"), Now() + limit),
    )
    if RunStep.objects.filter(pk=claim.row.pk, deadline_at__lte=Now()).exists():
        return _failed(claim, f"Waited longer than {duration(claim.step.wait_limit)} for: {wait.why}")
    _sleep(claim, wait.seconds, wait.why)
    return False


def _again(claim: Claim, text: str) -> bool:
    tries = f"attempt {claim.row.attempts} of {claim.step.limit}"
    if claim.row.attempts >= claim.step.limit:
        return _failed(claim, f"{text} That was {tries}.")
    StepLine.objects.create(step=claim.row, level="error", text=f"{text} That was {tries}.")
    update(claim, state=StepState.WAITING, error=text)
    _sleep(claim, backoff(claim.row.attempts), f"Trying again after {tries}: {text}")
    return False


def _failed(claim: Claim, text: str) -> bool:
    fail(claim.run, claim.row, text)
    return False


def _given_back(claim: Claim) -> bool:
    update(claim, state=StepState.PENDING, attempts=F("attempts") - 1)
    return True


def _sleep(claim: Claim, seconds: float, why: str) -> None:
    wake_at = Now() + timedelta(seconds=max(0.0, seconds))
    type(claim.run).objects.filter(pk=claim.run.pk).update(wake_at=wake_at, waiting_for=why)


def backoff(attempt: int) -> float:
    """Seconds to wait after the failed `attempt` (from 1): 1, 2, 4 … at most 30, up to half of it left out."""
    longest = min(LONGEST_BACKOFF, 2.0 ** (attempt - 1))
    return random.uniform(longest / 2, longest)  # noqa: S311 - jitter


def duration(seconds: float) -> str:
    """In words: 90 seconds, 10 minutes."""
    minutes, rest = divmod(seconds, 60)
    return (
        f"{minutes:.0f} minute{'s' if minutes != 1 else ''}"
        if minutes and not rest
        else f"{seconds:g} seconds"
    )


_ADD_TIME = """
INSERT INTO runs_steptime AS known (kind, step, count, seconds, buckets, recent)
SELECT run.kind, split_part(step.name, ':', 1), 1, took.seconds,
       ARRAY(SELECT (took.seconds <= bound)::int FROM unnest(%(bounds)s::float8[]) AS bound), ARRAY[took.seconds]
FROM runs_runstep step JOIN runs_run run ON run.id = step.run_id,
     LATERAL (SELECT extract(epoch FROM step.ended_at - step.started_at)::float8 AS seconds) took
WHERE step.id = %(step)s AND step.state = 'done'
ON CONFLICT (kind, step) DO UPDATE SET
    count = known.count + 1,
    seconds = known.seconds + excluded.seconds,
    buckets = ARRAY(SELECT a + b FROM unnest(known.buckets, excluded.buckets) AS both_ (a, b)),
    recent = (known.recent || excluded.recent)[greatest(1, cardinality(known.recent) - 18):]
"""


def add_time(claim: Claim) -> None:
    """Add a step that is done to the usual times of its kind, outside the transaction that others may wait for."""
    with connection.cursor() as cursor:
        cursor.execute(_ADD_TIME, {"bounds": list(BUCKETS), "step": claim.row.pk})
