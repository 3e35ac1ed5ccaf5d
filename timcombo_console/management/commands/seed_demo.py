"""Gives a fresh demo its people, estate and releases."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from timcombo_console.demo.seed import seed_notifications, seed_people, seed_releases, unmake, write_logins
from timcombo_console.estate.importing import import_estate


class Command(BaseCommand):
    help = "Fill a fresh demo: people, the estate of the document, releases 1.0.0 and 1.1.0 of Tim-Combo."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--credentials-out", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This is no demo: CONSOLE_AWS is live. Nothing was changed.")
        write_logins(seed_people(), options["credentials_out"])
        estate = settings.BASE_DIR / "estates" / "tim-combo.yaml"
        import_estate(actor=None, text=estate.read_text(), name=estate.name)
        unmake()
        seed_notifications()
        seed_releases()
