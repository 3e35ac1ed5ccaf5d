"""Rows that statistics are computed from. A constant number of queries, each of what began in the period."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from deployments.models import Deployment, DeploymentKind
from monitoring.models import Build, BuildStatus, Verdict
from monitoring.statistics import (
    Deployed,
    Figures,
    Period,
    Place,
    Share,
    StepEnd,
    StepEnded,
    StepFigures,
    figures_of,
    goal,
    handlers_updated,
    steps_figures,
)
from monitoring.watching import HANDLERS
from products.models import Environment, Kind, Product
from runs.models import RunState, RunStep, StepState
from runs.steps import recipe_of
from users.refusals import Missing

ENDED = (RunState.SUCCEEDED, RunState.FAILED)
ALL_STEPS = "release-set"
"""The kind of Run that has every step of a deployment."""


@dataclass(frozen=True)
class Report:
    """The statistics of one product. `chosen` is the environment that `steps` and `handlers` are of, None without any."""

    product: Product
    period: Period
    places: Sequence[Place]
    goal: Place | None
    chosen: Place | None
    figures: dict[int, Figures]
    builds: Share
    steps: list[StepFigures]
    handlers: Share


def report_of(product: Product, period: Period, environment: str = "") -> Report:
    """Five queries. Without the name of an environment the one where releases arrive is chosen. Raises Missing."""
    places = _places(Environment.objects.filter(product=product)).get(product.pk, [])
    arrives = goal(places)
    chosen = _named(product, places, environment) if environment else arrives
    begun = _begun_in([place.id for place in places], period.since)
    steps = _steps_of([row["run"] for row in begun.get(chosen.id, [])]) if chosen else []
    return Report(
        product=product,
        period=period,
        places=places,
        goal=arrives,
        chosen=chosen,
        figures={place.id: _figures(begun.get(place.id, []), period) for place in places},
        builds=_builds_in(Build.objects.filter(product=product), period.since).get(product.pk, Share(0, 0)),
        steps=_in_order(steps_figures(steps)),
        handlers=handlers_updated(steps),
    )


@dataclass(frozen=True)
class Line:
    """One product among all, with the figures of the environment where its releases arrive, None without any."""

    product: Product
    goal: Place | None
    figures: Figures
    builds: Share


def lines_of_all(period: Period) -> list[Line]:
    """Every product by name. Five queries."""
    places = _places(Environment.objects.all())
    goals = {product: goal(found) for product, found in places.items()}
    begun = _begun_in([place.id for place in goals.values() if place], period.since)
    builds = _builds_in(Build.objects.all(), period.since)
    lines = []
    for product in Product.objects.all():
        arrives, built = goals.get(product.pk), builds.get(product.pk, Share(0, 0))
        found = begun.get(arrives.id, []) if arrives else []
        lines.append(Line(product, arrives, _figures(found, period), built))
    return lines


def step_labels() -> dict[str, str]:
    """The words for each step of a deployment by its name, in the order in which they are done."""
    recipe = recipe_of(ALL_STEPS)
    return {step.name: step.label for step in recipe.steps} if recipe else {}


def _in_order(steps: Mapping[str, StepFigures]) -> list[StepFigures]:
    """As a deployment does them; steps that this version does not have any more come last."""
    order = {name: place for place, name in enumerate(step_labels())}
    return sorted(steps.values(), key=lambda one: (order.get(one.name, len(order)), one.name))


def builds_of(product: Product) -> QuerySet[Build]:
    """A product's builds, newest first."""
    return Build.objects.filter(product=product).select_related("product", "actor").order_by("-id")


def _places(found: QuerySet[Environment]) -> dict[int, list[Place]]:
    """By product, in the product's order."""
    places: dict[int, list[Place]] = {}
    rows = found.order_by("product", "position").values_list("product", "id", "name", "kind", "protected")
    for product, pk, name, kind, protected in rows:
        places.setdefault(product, []).append(Place(pk, name, kind == Kind.APP, protected))
    return places


def _named(product: Product, places: Iterable[Place], name: str) -> Place:
    found = next((place for place in places if place.name == name), None)
    if found is None:
        known = ", ".join(place.name for place in places) or "none yet"
        raise Missing(f"{product} has no environment called {name[:60]!r}. There are: {known}.")
    return found


COLUMNS = (
    *("environment", "run", "kind", "created_at", "switched_at", "live_at", "rolled_away", "back_end_left"),
    *("partial", "run__state", "run__ended_at", "watch__verdict", "release__created_at"),
    *("again", "called_at"),
)
Row = dict[str, Any]
"""A deployment: the columns above by name; `again`: its release was promoted to live there before; `called_at`: when callers
began to get its handlers."""


def _begun_in(environments: Sequence[int], since: datetime) -> dict[int, list[Row]]:
    """By environment, what was wished since then. Two queries."""
    earlier = Deployment.objects.filter(
        release=OuterRef("release"), environment=OuterRef("environment"), pk__lt=OuterRef("pk")
    )
    again = Exists(earlier.filter(run__state=RunState.SUCCEEDED))
    switches = RunStep.objects.filter(run=OuterRef("run"), name=HANDLERS, state=StepState.DONE)
    found = Deployment.objects.filter(_begun(environments, since))
    begun: dict[int, list[Row]] = {}
    called_at = Subquery(switches.values("started_at")[:1])
    for row in found.annotate(again=again, called_at=called_at).values(*COLUMNS):
        begun.setdefault(row["environment"], []).append(row)
    return begun


def _begun(environments: Sequence[int], since: datetime) -> Q:
    """What came to each environment after the last one before `since`.

    By id, which ascends within an environment and is indexed with it, so that years of older rows are not read.
    """
    older = Deployment.objects.filter(environment=OuterRef("pk"), created_at__lt=since).order_by("-id")
    last = Coalesce(Subquery(older.values("pk")[:1]), 0)
    rows = Environment.objects.filter(pk__in=environments).order_by().values_list("pk", last)
    return reduce(or_, (Q(environment=pk, pk__gt=before) for pk, before in rows), Q(pk__in=()))


def _figures(begun: Iterable[Row], period: Period) -> Figures:
    """Of what has ended; what was cancelled is not counted."""
    return figures_of([_deployed(row) for row in begun if row["run__state"] in ENDED], period.days)


def _deployed(row: Row) -> Deployed:
    """One whose verification a person left out was not seen to be live, and runs all the same since its Run ended."""
    rollback, ended_well = row["kind"] == DeploymentKind.ROLLBACK, row["run__state"] == RunState.SUCCEEDED
    ended_at = row["run__ended_at"] or row["created_at"]
    live_at = (row["live_at"] or ended_at) if ended_well else None
    switched = [at for at in (row["switched_at"], row["called_at"]) if at]
    return Deployed(
        rollback=rollback,
        began_at=row["created_at"],
        live_at=live_at,
        failed_at=None if ended_well else ended_at,
        noticed_at=min(switched, default=live_at or (ended_at if row["partial"] else None)),
        left=row["rolled_away"] or row["back_end_left"],
        degraded=row["watch__verdict"] == Verdict.DEGRADED,
        registered_at=None if rollback or row["again"] else row["release__created_at"],
    )


def _steps_of(runs: Sequence[int]) -> list[StepEnded]:
    """The steps of these Runs that ended. One query."""
    rows = RunStep.objects.filter(run__in=runs, state__in=list(StepEnd)).order_by()
    columns = rows.values_list("run", "name", "state", "started_at", "ended_at")
    return [
        StepEnded(run, name, StepEnd(state), (ended - started).total_seconds() if started and ended else None)
        for run, name, state, started, ended in columns
    ]


def _builds_in(found: QuerySet[Build], since: datetime) -> dict[int, Share]:
    """By product, how many builds since then succeeded."""
    good = Count("pk", filter=Q(status=BuildStatus.SUCCEEDED))
    rows = found.filter(at__gte=since).order_by().values_list("product").annotate(of=Count("pk"), good=good)
    return {product: Share(of, part) for product, of, part in rows}
