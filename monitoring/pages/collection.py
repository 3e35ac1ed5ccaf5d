"""What is asked of CloudWatch, how far it is, and what it costs."""

from collections import defaultdict
from typing import Any

from django.conf import settings
from django.db.models import Count

from monitoring.budget import bill, is_capped, this_month
from monitoring.costs import Forecast, price
from monitoring.kinds import DAY, KINDS
from monitoring.models import Collection, Source, Spending

WATCHED_MINUTES = 15


def series_of(counts: dict[str, int]) -> int:
    """How many series so many sources of each kind have. What is asked once a day hardly counts."""
    return sum(len(KINDS[kind].metrics) * many for kind, many in counts.items() if KINDS[kind].period != DAY)


def collection_page() -> dict[str, Any]:
    """The context of `monitoring/collection.html`."""
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    rows = Source.objects.filter(gone_at=None).values_list("account", "kind").annotate(many=Count("pk"))
    for account, kind, many in rows:
        counts[account][kind] = many
    series = sum(map(series_of, counts.values()))
    forecast = Forecast(series)
    spending = {row.account_id: row for row in Spending.objects.filter(month=this_month())}
    return {
        "accounts": [
            {
                "row": row,
                "sources": sum(counts[row.account_id].values()),
                "series": series_of(counts[row.account_id]),
                "calls": spent.calls if (spent := spending.get(row.account_id)) else 0,
                "dollars": price(spent.metrics) if spent else 0.0,
            }
            for row in Collection.objects.select_related("account", "run").order_by("account__name")
        ],
        "problems": Source.objects.filter(gone_at=None, told__has_key="problem").select_related("account"),
        "series": series,
        "bill": bill(),
        "cap": settings.CONSOLE_METRICS_CAP,
        "capped": is_capped(),
        "forecast": forecast,
        "watch_minutes": WATCHED_MINUTES,
        "watch_dollars": forecast.watched(WATCHED_MINUTES),
    }
