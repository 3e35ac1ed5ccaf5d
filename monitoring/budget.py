"""What asking CloudWatch may cost in a month, and what it cost so far."""

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from monitoring.costs import price
from monitoring.models import Spending
from products.models import Account

ADD = """
INSERT INTO monitoring_spending (account_id, month, calls, metrics, minute_metrics) VALUES (%s, %s, 1, %s, %s)
ON CONFLICT (account_id, month) DO UPDATE SET calls = monitoring_spending.calls + 1,
  metrics = monitoring_spending.metrics + excluded.metrics,
  minute_metrics = monitoring_spending.minute_metrics + excluded.minute_metrics
"""


@dataclass(frozen=True)
class Bill:
    """Of this month, for all accounts: calls, metrics that AWS bills, those by the minute among them, dollars."""

    calls: int
    metrics: int
    minute_metrics: int

    @property
    def dollars(self) -> float:
        return price(self.metrics)


def this_month() -> date:
    return timezone.now().date().replace(day=1)


def bill() -> Bill:
    """What this month cost so far. One query."""
    sums = Spending.objects.filter(month=this_month()).aggregate(
        calls=Sum("calls", default=0),
        metrics=Sum("metrics", default=0),
        minutes=Sum("minute_metrics", default=0),
    )
    return Bill(sums["calls"], sums["metrics"], sums["minutes"])


def is_capped() -> bool:
    """Whether this month has cost as much as it may."""
    cap: float = settings.CONSOLE_METRICS_CAP
    return bill().dollars >= cap


def spent(account: int, metrics: int, *, by_minute: bool) -> None:
    """Add a call to this month's bill."""
    with connection.cursor() as cursor:
        cursor.execute(ADD, [account, this_month(), metrics, metrics if by_minute else 0])


def spent_on_handlers(account: Account, metrics: int) -> None:
    """What a deployment asked that watches its handlers: it counts, but no cap holds it."""
    spent(account.pk, metrics, by_minute=True)
