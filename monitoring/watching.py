"""The watch over an environment after a deployment: when it begins, and whose numbers it needs by the minute."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from deployments.models import Deployment
from deployments.selectors.fleets import sharing
from monitoring.health import JUDGED
from monitoring.models import Source, Verdict, Watch
from monitoring.sources import key_of, keys_of
from products.models import Environment
from runs.models import Run, RunState, RunStep

GRACE = timedelta(minutes=10)
"""How long after its end a watch waits for numbers that come late."""
LONGEST = timedelta(days=1)
"""Runs that are older are not looked for: it would take reading all of them."""
HANDLERS = "switch-handlers"
SWITCHES = ("switch", HANDLERS)


def begin(deployment: Deployment, run: Run) -> None:
    """Watch over what just went live, from when all callers get it and nobody verifies it any more: that asks for what is
    not there. In the transaction that ends its Run.
    """
    if run.state != RunState.SUCCEEDED:
        return
    environment, now = deployment.environment, timezone.now()
    end_early(Watch.objects.filter(environment=environment), environment, deployment)
    Watch.objects.create(
        deployment=deployment,
        environment=environment,
        began_at=now,
        ends_at=now + timedelta(minutes=environment.watch_minutes),
    )


def end_early(watches: QuerySet[Watch], environment: Environment, successor: Deployment) -> None:
    """Decide nothing about what can no longer be told apart from what came after it."""
    version, place = successor.release.version, successor.environment
    came = f"{version} was deployed after it"
    if place != environment:
        came = f"{place} calls the same handlers, and {version} was deployed there after it"
    watches.filter(verdict=Verdict.WATCHING).update(
        verdict=Verdict.UNKNOWN, decided_at=timezone.now(), text=f"Ended early: {came}."
    )


def successor_of(watch: Watch) -> Deployment | None:
    """The first other deployment that began to give callers of the environment something new. Two queries."""
    begun = RunStep.objects.filter(name__in=SWITCHES, started_at__isnull=False)
    later = Deployment.objects.filter(
        environment=watch.environment_id, pk__gt=watch.deployment_id, run__steps__in=begun
    )
    return (
        (later | _of_others(watch)).select_related("release", "environment__product").order_by("pk").first()
    )


def _of_others(watch: Watch) -> QuerySet[Deployment]:
    """Those of environments that call the same handlers. One that came before may switch, or go on to, only now."""
    now = Q(ended_at=None) | Q(ended_at__gt=watch.began_at)
    switching = RunStep.objects.filter(now, name=HANDLERS, started_at__isnull=False)
    running = Run.objects.filter(now, created_at__gt=watch.began_at - LONGEST)
    places = sharing(watch.environment)
    return Deployment.objects.filter(environment__in=places, run__in=running, run__steps__in=switching)


def switch_began(run: Run) -> datetime | None:
    """When the first callers of a deployment got something new. One query."""
    began: datetime | None = run.steps.filter(name__in=SWITCHES).aggregate(at=Min("started_at"))["at"]
    return began


def open_watches() -> QuerySet[Watch]:
    """Those that are not decided yet."""
    return Watch.objects.filter(verdict=Verdict.WATCHING)


def watched_since(sources: Iterable[Source], now: datetime) -> dict[int, datetime]:
    """By primary key, since when sources are watched by the minute."""
    rows = open_watches().select_related("environment__frontend_account", "environment__backend_account")
    began = {
        one: watch.began_at
        for watch in rows.filter(ends_at__gt=now - GRACE)
        for one in keys_of(watch.environment)
    }
    judged = {kind.name for kind in JUDGED}
    found = {row.pk: began.get((row.account_id, key_of(row))) for row in sources if row.kind in judged}
    return {pk: since for pk, since in found.items() if since is not None}
