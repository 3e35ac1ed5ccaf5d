"""Deployments as charts mark them, with how the environment fared."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

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
    """By environment, the newest watch. One query."""
    rows = newest_of(Environment.objects.filter(pk__in=list(environments)))
    return {watch.environment_id: watch for watch in rows.select_related("deployment__release")}


def newest_verdicts() -> dict[int, Watch]:
    """By environment, the newest watch with nothing but its verdict, because figures are long. One query."""
    rows = newest_of(Environment.objects.all()).only("environment_id", "verdict")
    return {watch.environment_id: watch for watch in rows}


def newest_of(environments: QuerySet[Environment]) -> QuerySet[Watch]:
    """The newest watch of each: one look into the index for each, however many watches there were."""
    newest = Watch.objects.filter(environment=OuterRef("pk")).order_by("-began_at").values("pk")[:1]
    return Watch.objects.filter(pk__in=environments.order_by().values(newest=Subquery(newest)))
