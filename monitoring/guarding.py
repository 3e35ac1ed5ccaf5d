"""When the alarms of an account are looked at: every minute where there are any, else every five. It costs nothing, so no cap
holds it."""

from datetime import timedelta

import structlog
from django.db.models.functions import Now
from django.urls import reverse

from monitoring.collecting import A_TIME, measured
from monitoring.models import Alarm
from products.models import Account
from runs.models import Run
from runs.services import Busy, start

GUARDED, OTHERS = timedelta(minutes=1), timedelta(minutes=5)
KIND = "alarms"

log = structlog.get_logger(__name__)


def guard_everywhere() -> None:
    """Start a look at the alarms of each account that is due; one that is under way goes on."""
    for account in due_accounts()[:A_TIME]:
        try:
            look_at_alarms_of(account)
        except Busy as busy:
            log.info("look at alarms postponed", account=account.name, because=busy.text)


def look_at_alarms_of(account: Account) -> Run:
    """Start a look. Raises Busy while one is under way."""
    return start(
        kind=KIND, title=f"Alarms of {account}", scopes=[scope_of(account)], actor=None, url=reverse("alarms")
    )


def scope_of(account: Account) -> str:
    return f"alarms:{account.pk}"


def due_accounts() -> list[Account]:
    """Accounts at whose alarms nobody looked lately. Four queries."""
    guarded = set(Alarm.objects.filter(gone_at=None).values_list("account_id", flat=True).distinct())
    lately = {every: _looked_since(every) for every in (GUARDED, OTHERS)}
    return [
        one for one in measured() if scope_of(one) not in lately[GUARDED if one.pk in guarded else OTHERS]
    ]


def _looked_since(every: timedelta) -> set[str]:
    runs = Run.objects.filter(kind=KIND, created_at__gt=Now() - every)
    return {scope for scopes in runs.values_list("scope_names", flat=True) for scope in scopes}
