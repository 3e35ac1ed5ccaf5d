"""When the numbers of an account are asked for: every five minutes, every minute while something is watched."""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from monitoring.budget import is_capped
from monitoring.joining import floor
from monitoring.kinds import FIVE_MINUTES, MINUTE
from monitoring.models import Collection
from monitoring.sources import let_go, measured_accounts
from monitoring.watching import GRACE, open_watches
from products.models import Account, Purpose
from runs.models import Run, RunState
from runs.services import Busy, start
from users.models import User

A_TIME = 50
"""So many questions are begun by one call, which must be quick; the next one goes on."""

log = structlog.get_logger(__name__)


def collect_everywhere() -> None:
    """Start a question for each account that is due; one that is under way goes on."""
    now = timezone.now()
    let_go()
    for account in due_accounts(now)[:A_TIME]:
        try:
            collect_from(actor=None, account=account)
        except Busy as busy:
            log.info("collection postponed", account=account.name, because=busy.text)


def collect_from(*, actor: User | None, account: Account) -> Run:
    """Start a question for one account. Raises Busy while one is under way: nobody asks twice."""
    with transaction.atomic():
        run = start(
            kind="collect",
            title=f"Numbers of {account}",
            scopes=[f"metrics:{account.pk}"],
            actor=actor,
            url=reverse("collection"),
        )
        Collection.objects.update_or_create(
            account=account, defaults={"run": run, "asked_at": timezone.now()}
        )
    return run


def due_accounts(now: datetime) -> list[Account]:
    """Those that environments use, that have a role to read, and of which something new can be known."""
    if is_capped():
        return []
    accounts = measured()
    rows = {row.account_id: row for row in Collection.objects.all()}
    quick = _watched(now)
    return [one for one in accounts if _is_due(rows.get(one.pk), one.pk in quick, now)]


def measured() -> list[Account]:
    """The accounts that environments use and that have a role to read."""
    rows = Account.objects.filter(pk__in=measured_accounts(), roles__purpose=Purpose.READ)
    return list(rows.order_by("pk"))


def _is_due(row: Collection | None, quick: bool, now: datetime) -> bool:
    if row is None or row.asked_at is None:
        return True
    period = MINUTE if quick else FIVE_MINUTES
    if row.failed_at and row.failed_at > now - timedelta(seconds=period):
        return False
    settled = timedelta(seconds=settings.CONSOLE_SETTLED_SECONDS)
    return row.asked_at < floor(now - settled, period) + settled <= now


def _watched(now: datetime) -> set[int]:
    """Accounts with an environment that is watched."""
    watched = open_watches().filter(ends_at__gt=now - GRACE)
    places = watched.values_list("environment__frontend_account", "environment__backend_account")
    return {pk for pair in places for pk in pair if pk}


def collected(run: Run) -> None:
    """Note why a question failed, for the pages that say how old their numbers are."""
    if run.state == RunState.FAILED:
        Collection.objects.filter(run=run).update(failed_at=timezone.now(), error=run.error)
