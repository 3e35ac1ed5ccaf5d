"""Deployments as charts mark them, with how the environment fared."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Max

from deployments.models import Deployment
from monitoring.models import Watch
from products.models import Environment

MOST = 100


def switched_between(environments: Iterable[Environment], start: datetime, end: datetime) -> list[Deployment]:
    """What callers began to get in that time, newest first, at most a hundred. One query."""
    rows = Deployment.objects.filter(environment__in=list(environments), live_at__gte=start, live_at__lt=end)
    related = ("environment__product", "release", "actor", "watch", "watch__rollback__release")
    # What a plan holds is long and drawn nowhere here.
    return list(rows.select_related(*related).defer("plan", "replaced").order_by("-live_at")[:MOST])


def newest_watches(environments: Iterable[int]) -> dict[int, Watch]:
    """By environment, the newest watch. Two queries."""
    newest = Watch.objects.filter(environment__in=list(environments)).values("environment")
    pks = newest.annotate(newest=Max("deployment")).values_list("newest", flat=True)
    rows = Watch.objects.filter(pk__in=list(pks)).select_related("deployment__release")
    return {watch.environment_id: watch for watch in rows}


def newest_verdicts() -> dict[int, Watch]:
    """By environment, the newest watch with nothing but its verdict, because figures are long. One query."""
    newest = Watch.objects.order_by("environment_id", "-began_at").distinct("environment_id")
    return {watch.environment_id: watch for watch in newest.only("environment_id", "verdict")}
