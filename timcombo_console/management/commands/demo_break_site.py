"""Deploys past the console, so that people see how it notices."""

from subprocess import CalledProcessError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from products.models import Environment
from timcombo_console.demo.by_hand import put_page
from timcombo_console.demo.seed import PRODUCT


class Command(BaseCommand):
    help = "Put another first page into the bucket of an environment of Tim-Combo, with the keys of its account's owner."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--environment", default="test")

    def handle(self, *args: Any, environment: str, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This is no demo: CONSOLE_AWS is live. Nothing was changed.")
        rows = Environment.objects.filter(product__slug=PRODUCT).select_related("frontend_account")
        row = rows.filter(name=environment).first()
        if row is None:
            names = ", ".join(rows.values_list("name", flat=True))
            raise CommandError(f"Tim-Combo has no environment {environment}. It has {names}.")
        try:
            said = put_page(row)
        except FileNotFoundError as error:
            raise CommandError(f"The demo is not ready: {error.filename} is not there yet.") from error
        except CalledProcessError as error:
            raise CommandError(f"AWS refused it: {error.stderr.decode().splitlines()[-1]}") from error
        self.stdout.write(f"{said}The console notices within a minute: see the page of {environment}.")
