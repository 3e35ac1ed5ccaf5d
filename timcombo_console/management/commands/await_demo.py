"""Waits until the demo's releases are ready and 1.0.0 is live in dev and test."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from deployments.models import Deployment, Release, ReleaseStatus
from runs.models import RunState
from timcombo_console.demo.seed import ENVIRONMENTS, VERSIONS, promote_first


class Command(BaseCommand):
    help = "Wait for the demo's releases, ask for 1.0.0 in dev and test, and wait until both are live."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seconds", type=float, default=60)

    def handle(self, *args: Any, **options: Any) -> None:
        until = time.monotonic() + options["seconds"]
        self._wait(until, "the releases to be ready", self._releases_ready)
        if not Deployment.objects.exists():
            promote_first()
        self._wait(until, "1.0.0 to be live in dev and test", self._live)

    def _wait(self, until: float, what: str, reached: Any) -> None:
        while not reached():
            if time.monotonic() > until:
                raise CommandError(
                    f"The demo waited too long for {what}. Look at var/log and the page On call."
                )
            time.sleep(0.1)

    def _releases_ready(self) -> bool:
        rejected = Release.objects.filter(status=ReleaseStatus.REJECTED).first()
        if rejected:
            raise CommandError(f"{rejected} was rejected: {rejected.reasons}")
        return Release.objects.filter(status=ReleaseStatus.READY).count() == len(VERSIONS)

    def _live(self) -> bool:
        failed = Deployment.objects.filter(run__state=RunState.FAILED).select_related("run").first()
        if failed:
            raise CommandError(f"{failed} failed: {failed.run.error}")
        return Deployment.objects.filter(live_at__isnull=False).count() == len(ENVIRONMENTS)
