"""What the person on call needs: workers, the queue, why each Run waits, schedules, the audit log's guard."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Max, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from monitoring.models import Collection, EdgeTruth
from notifications.steps import DELIVER
from runs import selectors
from runs.models import Run, RunState
from timcombo_console.health import health

FAILED_SHOWN = 10
QUEUES = ("runs", "watch", "wake")
AGAIN_AND_AGAIN = ("collect", "alarms", "truth", DELIVER)
"""Kinds of Runs that begin anew by themselves every few minutes: only how the last one ended matters."""


@dataclass(frozen=True)
class Unseen:
    """What is not measured, looked at or told just now: when it was last (None: never yet), and why it is not."""

    title: str
    url: str
    since: datetime | None
    why: str


def on_call_page() -> dict[str, Any]:
    """The context of `on_call.html`."""
    active = list(selectors.active_runs()[:100])
    return {
        "health": health(),
        "workers": [list(selectors.alive_workers(queue)) for queue in QUEUES],
        "wakers": selectors.alive_workers("wake").count(),
        "cap": settings.CONSOLE_METRICS_CAP,
        "runs": [_run(run) for run in active],
        "unseen": [*_not_measured(), *_last_failed("alarms"), *_not_looked_at(), *_last_failed(DELIVER)],
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
    failed = Run.objects.filter(state=RunState.FAILED).exclude(kind__in=AGAIN_AND_AGAIN)
    failed = failed.filter(~checks | broken)
    return failed.select_related("actor").order_by("-id")


def _not_measured() -> Iterator[Unseen]:
    rows = Collection.objects.filter(failed_at__isnull=False).select_related("account")
    for row in rows.order_by("account__name"):
        yield Unseen(f"Numbers of {row.account}", reverse("collection"), row.seen_at, row.error)


def _not_looked_at() -> Iterator[Unseen]:
    rows = EdgeTruth.objects.filter(run__state=RunState.FAILED).select_related("run", "environment__product")
    for row in rows.order_by("environment")[:FAILED_SHOWN]:
        if row.run:
            yield Unseen(row.run.title, row.run.url, row.seen_at, row.run.error)


def _last_failed(kind: str) -> Iterator[Unseen]:
    """Accounts or channels whose last Run failed; a receiver that takes nothing fails none: see Notifications."""
    newest = Run.objects.filter(kind=kind).order_by("scope_names", "-id").distinct("scope_names")
    for run in newest:
        if run.state == RunState.FAILED:
            well = Run.objects.filter(kind=kind, state=RunState.SUCCEEDED, scope_names=run.scope_names)
            yield Unseen(run.title, run.url, well.aggregate(at=Max("ended_at"))["at"], run.error)


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
