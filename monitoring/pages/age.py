"""How old the numbers of some accounts are, and why they are not newer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from monitoring.budget import bill, is_capped
from monitoring.models import Collection, Source

OLD = timedelta(minutes=15)


@dataclass(frozen=True)
class Age:
    """Everything is known up to `until` (None: nothing yet); `why` it is old, "" where it is not."""

    until: datetime | None
    old: bool
    why: str


def age_of(sources: Iterable[Source]) -> Age:
    """Of the source that is furthest behind. One query, and one more when numbers are old."""
    rows = [one for one in sources if "problem" not in one.told]
    times = [one.until for one in rows]
    until = None if None in times or not times else min(time for time in times if time)
    old = until is None or until < timezone.now() - OLD
    return Age(until, old, _why({one.account_id for one in rows}) if old else "")


def _why(accounts: set[int]) -> str:
    if is_capped():
        return (
            f"Asking CloudWatch has cost {bill().dollars:.2f} $ this month; CONSOLE_METRICS_CAP allows "
            f"{settings.CONSOLE_METRICS_CAP:.2f} $."
        )
    failed = Collection.objects.filter(account__in=accounts, failed_at__isnull=False).select_related(
        "account"
    )
    if row := failed.order_by("-failed_at").first():
        return f"Account {row.account}: {row.error}"
    return "The first numbers are on their way." if not accounts else "CloudWatch is being asked."
