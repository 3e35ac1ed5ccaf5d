"""`manage.py create_admin NAME`: the first admin, before anybody can sign in."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from users.permissions import Role
from users.refusals import Refused
from users.services import create_person


class Command(BaseCommand):
    help = "Create an admin and print the initial password, which opens the console once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="the name that pages show")
        parser.add_argument("--email", default="")

    def handle(self, *args: Any, username: str, name: str, email: str, **options: Any) -> None:
        try:
            made = create_person(
                actor=None, username=username, role=Role.ADMIN, display_name=name, email=email
            )
        except Refused as refusal:
            raise CommandError(f"No admin was created. {refusal.text}") from refusal
        self.stdout.write(
            f"{made.person.username} is an admin. Initial password, to be changed at first sign-in:"
        )
        self.stdout.write(made.password)
