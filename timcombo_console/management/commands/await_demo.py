"""Waits until the demo's resources are made, its releases ready, and 1.0.0 live in dev and test."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from deployments.models import Deployment, Release, ReleaseStatus
from provisioning.models import Apply
from runs.models import RunState
from timcombo_console.demo.seed import ENVIRONMENTS, VERSIONS, promote_first


class Command(BaseCommand):
    help = "Wait for the demo's resources and releases, ask for 1.0.0 in dev and test, and wait until both are live."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seconds", type=float, default=60)

    def handle(self, *args: Any, **options: Any) -> None:
        until = time.monotonic() + options["seconds"]
        self._wait(until, "its AWS resources to be made", self._applied)
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

    def _applied(self) -> bool:
        run = Apply.objects.select_related("run").earliest("pk").run
        if run.state in (RunState.FAILED, RunState.CANCELLED):
            raise CommandError(f"The AWS resources were not made: {run.error}")
        return run.state == RunState.SUCCEEDED

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
