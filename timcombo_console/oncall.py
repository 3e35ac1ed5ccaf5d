"""What the person on call needs: workers, the queue, why each Run waits, schedules, the audit log's guard."""

from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from runs import selectors
from runs.models import Run, RunState
from timcombo_console.health import health

FAILED_SHOWN = 10


def on_call_page() -> dict[str, Any]:
    """The context of `on_call.html`."""
    active = list(selectors.active_runs()[:100])
    return {
        "health": health(),
        "workers": list(selectors.alive_workers()),
        "wakers": list(selectors.alive_workers("wake")),
        "runs": [_run(run) for run in active],
        "failed": list(_failed()[:FAILED_SHOWN]),
        "schedules": list(selectors.overdue_schedules()),
        "two_roles": bool(settings.DATABASE_OWNER_URL) or settings.DEMO,
        "now": timezone.now(),
        "poll_url": reverse("on-call-now"),
    }


def _failed() -> QuerySet[Run]:
    """Failures of the console, newest first. A build that the check rejected is none: its release says why.

    A rejection names the artifact's target in its reasons; what went wrong otherwise does not.
    """
    checks = Q(kind="ingest")
    broken = Q(release__isnull=False) & ~Q(release__reasons__0__has_key="target")
    failed = Run.objects.filter(state=RunState.FAILED).filter(~checks | broken)
    return failed.select_related("actor").order_by("-id")


def _run(run: Run) -> dict[str, Any]:
    return {
        "run": run,
        "state": _state(run),
        "why": run.waiting_for or _why(run),
    }


def _state(run: Run) -> str:
    if run.state == RunState.QUEUED:
        return "queued"
    return "waiting" if run.wake_at > timezone.now() else "running"


def _why(run: Run) -> str:
    now = timezone.now()
    if run.lease_until and run.lease_until > now:
        return f"Worker {run.worker} works on it."
    if run.lease_until:
        return "Its worker stopped; another takes it over within 30 s."
    return "It waits for a free worker."
