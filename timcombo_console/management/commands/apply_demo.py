"""Begins the apply that makes the AWS resources of the demo's product."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from timcombo_console.demo.seed import begin_apply, begin_look

SECONDS = 90


class Command(BaseCommand):
    help = "Look at the AWS resources of Tim-Combo, and begin the plan that makes them."

    def handle(self, *args: Any, **options: Any) -> None:
        run, until = begin_look(), time.monotonic() + SECONDS
        while run.is_active:
            if time.monotonic() > until:
                raise CommandError(
                    "The demo waited too long for its look at AWS. Look at var/log and the page On call."
                )
            time.sleep(0.1)
            run.refresh_from_db()
        if run.error:
            raise CommandError(f"The look at AWS failed: {run.error}")
        begin_apply()
