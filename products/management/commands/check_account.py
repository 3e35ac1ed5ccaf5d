"""`check_account NAME`: what the console can reach in an account, found out here and now and printed."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from products.models import AccountCheck
from products.selectors import account_for
from products.services import check_account
from runs.models import Run
from runs.runner import advance
from users.refusals import Refused

POLL_SECONDS = 0.2


class Command(BaseCommand):
    help = "Take each role of an account, try every right it needs, and say what is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the account's name in the console")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        try:
            account = account_for(None, name)
            run = check_account(actor=None, account=account)
        except Refused as refusal:
            raise CommandError(refusal.text) from refusal
        _finish(run)
        if run.error:
            raise CommandError(f"The check did not come to an end: {run.error}")
        check = AccountCheck.objects.get(account=account)
        for finding in check.findings:
            self.stdout.write(_line(finding))
        for policy in check.policies:
            self.stdout.write(f"\nTrust policy of {policy['role']}:\n{policy['trust']}")
            for document in policy["permissions"]:
                self.stdout.write(f"Permissions of {policy['role']}:\n{document}")
        if check.failed:
            raise CommandError(
                f"Something is missing in account {account.name}; see the lines marked with ×."
            )


def _finish(run: Run) -> None:
    """Do the Run's steps in this process; a worker that was quicker may do them as well."""
    while run.is_active:
        if not advance(run.pk):
            time.sleep(POLL_SECONDS)
        run.refresh_from_db()


def _line(finding: dict[str, Any]) -> str:
    sign = {True: "✓", False: "×", None: "?"}[finding["ok"]]
    return f"{sign} {finding['what']}" + (f"\n    {finding['text']}" if finding["text"] else "")
