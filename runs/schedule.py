"""What `wake` does every second: nudges for due Runs, and functions that are due again and again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from runs import nudge
from runs.models import Schedule

NUDGE_AGAIN_SECONDS = 5
RETRY_SECONDS = 60.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Scheduled:
    every_seconds: float
    function: Callable[[], object]
    first_seconds: float = 0


_scheduled: dict[str, Scheduled] = {}

_TAKE_DUE = """
UPDATE runs_run SET nudged_at = statement_timestamp() WHERE id IN (
    SELECT id FROM runs_run
    WHERE state IN ('queued', 'running') AND wake_at <= statement_timestamp()
      AND (lease_until IS NULL OR lease_until <= statement_timestamp())
      AND (nudged_at IS NULL OR nudged_at <= statement_timestamp() - make_interval(secs => %s))
    ORDER BY wake_at LIMIT 500 FOR UPDATE SKIP LOCKED)
RETURNING id, kind
"""


def register(
    name: str, every_seconds: float, function: Callable[[], object], *, first_seconds: float = 0
) -> None:
    """Have `function` called every so often by one of the wake workers, for the first time after `first_seconds`.

    It must be quick, a second at most, because nudges wait for it: longer work is a Run that it starts. When it
    fails or its worker dies, it is called again after its period, a minute at most.
    """
    _scheduled[name] = Scheduled(every_seconds, function, first_seconds)


def nudge_due() -> int:
    """Nudge every due Run that was not nudged in the last 5 s; answers how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_DUE, [NUDGE_AGAIN_SECONDS])
        due = cursor.fetchall()
    for run_id, kind in due:
        if not nudge.nudge(run_id, kind):
            break  # The broker is down; they are due again in 5 s.
    return len(due)


def run_due() -> None:
    """Call what is due; several wake workers call it once."""
    known = set(Schedule.objects.values_list("name", flat=True))
    missing = [
        Schedule(name=name, due_at=Now() + timedelta(seconds=_scheduled[name].first_seconds))
        for name in sorted(_scheduled)
        if name not in known
    ]
    Schedule.objects.bulk_create(missing, ignore_conflicts=True)
    due = Schedule.objects.filter(name__in=_scheduled, due_at__lte=Now()).order_by("due_at")
    for name in list(due.values_list("name", flat=True)):
        _run_once(name, _scheduled[name])


def _run_once(name: str, scheduled: Scheduled) -> None:
    soon = timedelta(seconds=min(scheduled.every_seconds, RETRY_SECONDS))
    row = Schedule.objects.filter(name=name)
    if not row.filter(due_at__lte=Now()).update(due_at=Now() + soon, started_at=Now()):
        return
    try:
        scheduled.function()
    except Exception as error:
        # One that fails must not keep the others waiting; the row shows it to the person on call.
        log.exception("scheduled function failed", schedule=name)
        row.update(error=f"{type(error).__name__}: {error}")
    else:
        row.update(due_at=F("started_at") + timedelta(seconds=scheduled.every_seconds), error="")
