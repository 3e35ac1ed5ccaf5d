"""What happens again and again: old rows and files go, old assets are pruned. The audit log is never touched."""

import time
from datetime import timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from deployments.models import Artifact, ReleaseStatus
from deployments.services.prune import prune, prune_versions
from products.models import Environment
from runs.models import Run, RunState, StepLine
from runs.services import Busy
from timcombo_console.observing import one_per_fleet
from users.refusals import WrongState

LINES_KEPT = timedelta(days=90)
SPOOL_KEPT_SECONDS = 24 * 3600
LINES_A_TIME = 5000
DAY, WEEK = timedelta(days=1), timedelta(days=7)
LOOKS_KEPT = {
    "observe": WEEK,
    "readiness": WEEK,
    "deliver": WEEK,
    "collect": DAY,
    "alarms": DAY,
    "truth": DAY,
}
"""By kind of Run that only looks or tells, how long it is kept once it ended."""
LOOKS_A_TIME = 500
OVER = (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED)

log = structlog.get_logger(__name__)


def forget() -> None:
    """Remove log lines of ended Runs after 90 days, and uploads that were left."""
    _forget_lines()
    _forget_uploads()


def _forget_lines() -> None:
    old = StepLine.objects.filter(at__lt=Now() - LINES_KEPT, step__run__state__in=OVER)
    StepLine.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:LINES_A_TIME])).delete()


def forget_looks() -> None:
    """Remove Runs that only looked or told. There are thousands a day, and what they saw is on rows of its own."""
    old = Q()
    for kind, kept in LOOKS_KEPT.items():
        old |= Q(kind=kind, ended_at__lt=Now() - kept)
    ended = Run.objects.filter(old, state__in=OVER).order_by("pk")
    Run.objects.filter(pk__in=list(ended.values_list("pk", flat=True)[:LOOKS_A_TIME])).delete()


def _forget_uploads() -> None:
    """Files of the spool that are a day old, but never one that an unfinished ingest still reads."""
    spool = Path(settings.CONSOLE_SPOOL)
    if not spool.is_dir():
        return
    unfinished = Artifact.objects.filter(release__status=ReleaseStatus.INGESTING).exclude(spool_name="")
    needed = set(unfinished.values_list("spool_name", flat=True))
    for path in spool.iterdir():
        if path.name not in needed and time.time() - path.stat().st_mtime > SPOOL_KEPT_SECONDS:
            path.unlink(missing_ok=True)


def prune_everything() -> None:
    """Start one prune per environment and one per fleet; one that is busy has its turn tomorrow."""
    for environment in one_per_fleet():
        try:
            prune_versions(actor=None, environment=environment, reason="Daily.")
        except (Busy, WrongState) as refusal:
            log.info("prune postponed", environment=str(environment), because=refusal.text)
    for environment in Environment.objects.exclude(distribution_id="").select_related("product"):
        try:
            prune(actor=None, environment=environment, reason="Daily.")
        except Busy as busy:
            log.info("prune postponed", environment=str(environment), because=busy.text)
