"""`manage.py verify_audit`: walk the whole chain now. Exit 1 names the first row that does not hold."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.verify import LATE, verify


class Command(BaseCommand):
    help = "Recompute every hash of the audit log's chain."

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = verify()
        if verdict.first_broken:
            broken = verdict.first_broken
            raise CommandError(
                f"The audit log was changed. Seal {broken['position']}, event {broken['event']}: {broken['what']}"
            )
        if not verdict.ok:
            raise CommandError(
                f"The oldest of {verdict.unsealed} events waits for its seal since {verdict.oldest_unsealed_age:.0f} s; "
                f"{LATE.total_seconds():.0f} s is the limit. See whether a worker and beat run."
            )
        self.stdout.write(
            f"{verdict.seals} events are as they were sealed. {verdict.unsealed} wait for their seal."
        )
