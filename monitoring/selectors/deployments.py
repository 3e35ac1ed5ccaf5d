"""Deployments as charts mark them, with how the environment fared."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

from deployments.models import Deployment
from monitoring.models import Watch
from products.models import Environment

MOST = 100


MARKED = (
    *("kind", "live_at", "release__version", "environment__name", "actor__display_name", "actor__username"),
    *("watch__verdict", "watch__text", "watch__figures"),
)
"""What charts show of a deployment: what a plan, a release and an environment hold besides is long."""


def switched_between(environments: Iterable[Environment], start: datetime, end: datetime) -> list[Deployment]:
    """What callers began to get in that time, newest first, at most a hundred, with what is MARKED. One query."""
    rows = Deployment.objects.filter(environment__in=list(environments), live_at__gte=start, live_at__lt=end)
    found = rows.select_related("environment", "release", "actor", "watch").only(*MARKED)
    return list(found.order_by("-live_at")[:MOST])


def newest_watches(environments: Iterable[int]) -> dict[int, Watch]:
    """By environment, the newest watch. One query."""
    rows = newest_of(Environment.objects.filter(pk__in=list(environments)))
    return {watch.environment_id: watch for watch in rows.select_related("deployment__release")}


def newest_verdicts() -> dict[int, str]:
    """By environment, the verdict of the newest watch. One query."""
    return dict(newest_of(Environment.objects.all()).values_list("environment", "verdict"))


def newest_of(environments: QuerySet[Environment]) -> QuerySet[Watch]:
    """The newest watch of each: one look into the index for each, however many watches there were."""
    newest = Watch.objects.filter(environment=OuterRef("pk")).order_by("-began_at").values("pk")[:1]
    return Watch.objects.filter(pk__in=environments.order_by().values(newest=Subquery(newest)))
