"""The runner: does one step of a Run. Any worker may try any Run at any time; the claim lets one through."""

import time

import structlog
from django.db import connection
from django.db.utils import InterfaceError, OperationalError

from audit.origin import acting_from
from runs import nudge, saving, shutdown
from runs.claim import Claim, claim
from runs.context import StepContext
from runs.journal import storable
from runs.lease import Lease, LeaseLost, Stopping
from runs.saving import Again, Failed, GivenBack, Outcome
from runs.steps import Done, StepFailed

RECONNECT_SECONDS, LONGEST_PAUSE = 0.1, 2.0

log = structlog.get_logger(__name__)


def advance(run_id: int) -> bool:
    """Do the next step of the Run if it is due; True when another step of it can be done at once."""
    if shutdown.requested():
        return False
    taken = claim(run_id)
    if taken is None:
        return False
    with (
        structlog.contextvars.bound_contextvars(run=run_id, step=taken.row.name),
        acting_from("worker"),
        Lease(taken.renew, taken.taken_at) as lease,
    ):
        try:
            return _do(taken, StepContext(taken.run, taken.row, lease), lease)
        except LeaseLost:
            log.warning("lease lost", attempt=taken.row.attempts)
            return False


def _do(taken: Claim, context: StepContext, lease: Lease) -> bool:
    outcome = _outcome(taken, context)
    log.info("step ended", outcome=type(outcome).__name__, attempt=taken.row.attempts)
    more = _save(taken, context, lease, outcome)
    if isinstance(outcome, Done):
        saving.add_time(taken)
    if isinstance(outcome, GivenBack):
        nudge.nudge(taken.run.pk, taken.run.kind)
        return False
    return more


def _outcome(taken: Claim, context: StepContext) -> Outcome:
    """What became of the attempt. Raises LeaseLost when it is nobody's business any more."""
    try:
        return taken.step.run(context)
    except Stopping:
        return GivenBack()
    except LeaseLost:
        raise
    except StepFailed as failure:
        return Failed(storable(str(failure)))
    except Exception as error:
        log.exception("attempt failed", attempt=taken.row.attempts)
        return Again(_text(error))


def _save(taken: Claim, context: StepContext, lease: Lease, outcome: Outcome) -> bool:
    """Save, again and again while the database is away and the lease is ours.

    A commit whose answer was lost has cleared the token: the next try then finds the lease gone, and all is saved.
    """
    pause = RECONNECT_SECONDS
    while True:
        try:
            return saving.save(taken, context, outcome)
        except LeaseLost:
            raise
        except (OperationalError, InterfaceError) as error:
            log.warning("save failed, trying again", error=str(error))
            connection.close()
            if not lease.seconds_left():
                raise LeaseLost from error
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        except Exception as error:
            # An output or an end of the Run that cannot be written is the step's error like any other.
            if isinstance(outcome, Again | Failed):
                raise
            log.exception("saving failed", attempt=taken.row.attempts)
            outcome = Again(_text(error))


def _text(error: Exception) -> str:
    """The error's own words; the type too where the words were not written for people."""
    words = storable(str(error)).strip()
    ours = type(error).__module__.partition(".")[0] in {
        "aws",
        "runs",
        "users",
        "products",
        "provisioning",
        "deployments",
        "dns",
        "notifications",
    }
    text = words if ours and words else f"{type(error).__name__}: {words}".removesuffix(": ")
    return text if text.endswith((".", "!", "?")) else f"{text}."
