"""For a container's health check: whether this host's worker of a queue was heard of lately."""

import socket
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from runs.selectors import alive_workers


class Command(BaseCommand):
    help = "Exit 0 when a worker of the queue on this host was heard of in the last 15 s."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queue", choices=["runs", "watch", "wake"])

    def handle(self, *args: Any, **options: Any) -> None:
        here = alive_workers(options["queue"]).filter(name__endswith=f"@{socket.gethostname()}")
        if not here.exists():
            raise CommandError(
                f"No worker of the queue {options['queue']} on this host was heard of in the last 15 s."
            )
