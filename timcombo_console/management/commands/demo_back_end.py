"""Registers a release of the demo that has pages and 311 handlers, and looks at the fleets."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from timcombo_console.demo.back_end import register_back_end
from timcombo_console.observing import look_everywhere
from users.refusals import Refused


class Command(BaseCommand):
    help = "Register a release of Tim-Combo with a front end and 311 handlers, to try back ends in the demo."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("version", nargs="?", default="2.0.0")
        parser.add_argument(
            "--broken",
            action="store_true",
            help="its changed handlers fail at every call, its pages are good",
        )

    def handle(self, *args: Any, version: str, broken: bool, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This is no demo: CONSOLE_AWS is live. Nothing was changed.")
        try:
            release = register_back_end(version, broken=broken)
        except Refused as refusal:
            raise CommandError(f"{refusal.text} Give another version: demo_back_end 2.0.1") from refusal
        look_everywhere()
        self.stdout.write(f"{release} is being checked. Promote it to test: both halves go as one.")
