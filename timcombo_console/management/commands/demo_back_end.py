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

    def handle(self, *args: Any, version: str, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This is no demo: CONSOLE_AWS is live. Nothing was changed.")
        try:
            release = register_back_end(version)
        except Refused as refusal:
            raise CommandError(f"{refusal.text} Give another version: demo_back_end 2.0.1") from refusal
        look_everywhere()
        self.stdout.write(f"{release} is being checked. Promote it to test: both halves go as one.")
