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
    """Everything is known up to `until` (None: nothing yet), but for `new` sources of which nothing is; `why` it is old, ""
    where it is not."""

    until: datetime | None
    old: bool
    why: str
    new: int = 0


def age_of(sources: Iterable[Source]) -> Age:
    """Of the source that is furthest behind. One query, and some more when numbers are old or missing."""
    rows = [one for one in sources if "problem" not in one.told]
    known = [one.until for one in rows if one.until]
    until, new = min(known, default=None), [one for one in rows if one.until is None]
    behind = {one.account_id for one in rows if one.until and one.until < timezone.now() - OLD}
    # What is asked for the first time makes nothing old, unless it cannot be asked.
    late = behind | (_refused({one.account_id for one in new}) if new else set())
    old = until is None or bool(late)
    return Age(until, old, _why(late or {one.account_id for one in new}) if old else "", len(new))


def _refused(accounts: set[int]) -> set[int]:
    """Those that are not asked, or do not answer."""
    if is_capped():
        return accounts
    failed = Collection.objects.filter(account__in=accounts, failed_at__isnull=False)
    return set(failed.values_list("account", flat=True))


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
