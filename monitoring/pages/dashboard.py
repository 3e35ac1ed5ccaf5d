"""The dashboard of a product: one environment, or several laid over each other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from deployments.models import Deployment, DeploymentKind
from monitoring.joining import Values, joined
from monitoring.kinds import API, BUCKET, DISTRIBUTION, FLEET, KINDS
from monitoring.models import Source
from monitoring.pages.age import age_of
from monitoring.pages.charts import (
    AT_THE_EDGE,
    BEHIND_IT,
    Chart,
    Rows,
    chart,
    chart_data,
)
from monitoring.ranges import RANGES, USUAL, WORDS, Range, times
from monitoring.selectors.deployments import switched_between
from monitoring.selectors.samples import newest, samples_of
from monitoring.sources import certificates_of, sources_of
from products.models import Environment, Product
from products.selectors import environments_of
from users.refusals import Invalid, Missing

DRAWN = (DISTRIBUTION, FLEET, API)
EARLIEST, LATEST = 2000, 2100
"""Years in which somebody may look."""


@dataclass(frozen=True)
class Asked:
    """What a dashboard's address says: which environments by name, how long, up to when (None: now)."""

    names: tuple[str, ...]
    range: Range
    until: datetime | None

    @classmethod
    def of(cls, given: Any) -> "Asked":
        """Of a request's parameters. Raises Invalid for a moment that is none."""
        until = given.get("until", "")
        return cls(
            tuple(given.getlist("env")), RANGES.get(given.get("range", ""), RANGES[USUAL]), moment(until)
        )

    def query(self, **other: Any) -> str:
        """The address's question, with what is to be otherwise."""
        asked = {"env": other.get("names", self.names), "range": other.get("range", self.range).name}
        until = other.get("until", self.until)
        return urlencode(
            {**asked, **({"until": until.strftime("%Y-%m-%dT%H:%M:%SZ")} if until else {})}, doseq=True
        )


def moment(text: str) -> datetime | None:
    """Raises Invalid."""
    if not text:
        return None
    try:
        found = parse_datetime(text.replace(" ", "+"))
        found = found and (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        found = None
    if found is None or not EARLIEST <= found.year <= LATEST:
        raise Invalid(f"until is no time: {text[:40]}. Write it as 2026-11-22T09:00:00Z.")
    return found


@dataclass(frozen=True)
class Dashboard:
    """What is read for one view of a product's numbers, each thing once."""

    product: Product
    asked: Asked

    @cached_property
    def every(self) -> list[Environment]:
        return list(environments_of(self.product))

    @cached_property
    def chosen(self) -> list[Environment]:
        """The environments of the address; without any the last app environment, which visitors know. Raises Missing."""
        if unknown := set(self.asked.names) - {one.name for one in self.every}:
            raise Missing(f"{self.product} has no environment {min(unknown)[:40]}.")
        named = [one for one in self.every if one.name in self.asked.names]
        apps = [one for one in self.every if one.kind == "app" and one.distribution_id]
        return named or apps[-1:] or self.every[:1]

    @cached_property
    def sources(self) -> dict[int, dict[str, Source]]:
        return sources_of(self.chosen)

    @cached_property
    def span(self) -> tuple[datetime, datetime]:
        return self.asked.range.ending(self.asked.until or timezone.now(), self.asked.range.period)

    @cached_property
    def times(self) -> list[datetime]:
        return times(*self.span, self.asked.range.period)

    @cached_property
    def rows(self) -> Rows:
        """By environment and kind. One query."""
        drawn = [one for kinds in self.sources.values() for one in kinds.values() if KINDS[one.kind] in DRAWN]
        found = samples_of(drawn, self.asked.range.period, *self.span)
        rows = Rows(self.times)
        for environment in self.chosen:
            mine = self.sources[environment.pk]
            rows.by_label[environment.name] = {
                kind: found.get(source.pk, {}) for kind, source in mine.items() if KINDS[kind] in DRAWN
            }
            if DISTRIBUTION.name in mine and mine[DISTRIBUTION.name].extra is False:
                rows.not_enabled.add(environment.name)
        return rows

    @cached_property
    def deployments(self) -> list[Deployment]:
        return switched_between(self.chosen, self.span[0], self.asked.until or timezone.now())

    def charts(self, drawings: Sequence[Any]) -> list[Chart]:
        return [one for drawing in drawings if (one := chart(drawing, self.rows))]


def dashboard_page(product: Product, asked: Asked) -> dict[str, Any]:
    """The context of `monitoring/dashboard.html` and of the answer to its poll."""
    board = Dashboard(product, asked)
    edge, behind = board.charts(AT_THE_EDGE), board.charts(BEHIND_IT)
    sources = [one for kinds in board.sources.values() for one in kinds.values() if KINDS[one.kind] in DRAWN]
    here = reverse("monitoring", args=[product.slug])
    return {
        "product": product,
        "crumbs": [(product.name, reverse("product", args=[product.slug])), ("Numbers", "")],
        "environments": [
            (one.name, f"{here}?{asked.query(names=_toggled(board, one))}", one in board.chosen)
            for one in board.every
        ],
        "ranges": [
            (one.label, f"{here}?{asked.query(range=one)}", one is asked.range) for one in RANGES.values()
        ],
        "title": ", ".join(one.name for one in board.chosen),
        "groups": [
            (name, charts) for name, charts in (("At the edge", edge), ("Back end", behind)) if charts
        ],
        "chart_data": chart_data([*edge, *behind], board.times, asked.range.period, marks(board)),
        "every": WORDS[asked.range.period],
        "totals": list(totals(board)),
        "deployments": [marked(one) for one in board.deployments],
        "standing": list(standing(board)),
        "age": age_of(sources),
        "sources": len(sources),
        "start": board.span[0],
        "end": board.span[1],
        "until": asked.until,
        "live_url": f"{here}?{asked.query(until=None)}",
        "now_url": f"{here}?{asked.query(until=board.span[1])}",
        "table_url": f"{reverse('monitoring-table', args=[product.slug])}?{asked.query()}",
        "csv_url": f"{reverse('monitoring-csv', args=[product.slug])}?{asked.query()}",
        "poll_url": ""
        if asked.until
        else f"{reverse('monitoring-now', args=[product.slug])}?{asked.query()}",
    }


def _toggled(board: Dashboard, environment: Environment) -> list[str]:
    """The names with this one added, or taken away unless it is the only one."""
    names = [one.name for one in board.chosen]
    if environment.name not in names:
        return [*names, environment.name]
    return [name for name in names if name != environment.name] or names


def marks(board: Dashboard) -> list[tuple[datetime, str]]:
    """Deployments and rollbacks on the charts; with their environment where several are drawn."""
    several = len(board.chosen) > 1
    return [
        (one.live_at, f"{one.environment.name} " * several + one.release.version + back * " ↶")
        for one in reversed(board.deployments)
        if one.live_at
        for back in [one.kind == DeploymentKind.ROLLBACK]
    ]


def marked(one: Deployment) -> dict[str, Any]:
    """A deployment with what was compared before and after it."""
    watch = getattr(one, "watch", None)
    return {
        "deployment": one,
        "url": reverse("deployment", args=[one.pk]),
        "back": one.kind == DeploymentKind.ROLLBACK,
        "watch": watch,
        "figures": watch.figures if watch else [],
    }


def totals(board: Dashboard) -> Iterator[dict[str, Any]]:
    """By environment, the whole time joined."""
    for environment in board.chosen:
        samples = board.rows.by_label[environment.name].get(DISTRIBUTION.name)
        if samples is not None:
            values = joined(DISTRIBUTION, samples.values())
            yield {
                "name": environment.name,
                **named(values),
                "extra": environment.name not in board.rows.not_enabled,
            }


def named(values: Values) -> Mapping[str, float | None]:
    """The values of a distribution by their metrics' names."""
    return {metric.name: value for metric, value in zip(DISTRIBUTION.metrics, values, strict=True)}


def standing(board: Dashboard) -> Iterator[dict[str, Any]]:
    """What is measured once a day: the size of each bucket, the days that a certificate is still good. Two queries."""
    buckets = [
        (environment.name, board.sources[environment.pk][BUCKET.name])
        for environment in board.chosen
        if BUCKET.name in board.sources[environment.pk]
    ]
    daily = [*buckets, *(("all", one) for one in certificates_of(board.product))]
    known = newest([source for _, source in daily])
    for name, source in daily:
        at, values = known.get(source.pk, (None, [None, None]))
        unit = KINDS[source.kind].metrics[0].unit
        yield {
            "name": name,
            "what": source.name,
            "value": values[0],
            "unit": unit,
            "objects": values[-1],
            "at": at,
        }
