"""The numbers of everything: joined over all distributions, and a line for each environment."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.urls import reverse
from django.utils import timezone

from deployments.models import EnvironmentState
from monitoring.kinds import DISTRIBUTION
from monitoring.models import EdgeTruth, Source
from monitoring.pages.age import age_of
from monitoring.pages.charts import AT_THE_EDGE, Rows, chart, chart_data
from monitoring.pages.dashboard import named
from monitoring.ranges import RANGES, USUAL, WORDS, Range, times
from monitoring.selectors.alarms import ringing
from monitoring.selectors.deployments import newest_verdicts
from monitoring.selectors.samples import Overview, overview
from monitoring.sources import distributions_of
from products.models import Environment
from users.spreadsheets import csv_row

ALL = "all"
MOST = 100
"""So many lines are shown at first; all are in the CSV and on the page that is asked for them."""
SHOWN = ("name", "distribution_id", "frontend_account_id", "product__name", "product__slug")
"""What the table needs of an environment: there are hundreds of them."""
SORTS = {
    "product": "Product",
    "requests": "Requests",
    "hit_ratio": "Hit ratio",
    "errors_5xx": "5xx",
    "errors_4xx": "4xx",
    "latency_p95": "Origin p95",
    "bytes_down": "Sent",
}


def overview_page(asked: Mapping[str, str]) -> dict[str, Any]:
    """The context of `monitoring/overview.html`: a fixed number of queries, whatever the number of products."""
    span = RANGES.get(asked.get("range", ""), RANGES[USUAL])
    sort = asked.get("sort", "") if asked.get("sort", "") in SORTS else "product"
    start, end = span.together(timezone.now())
    found = overview(span.joint_period, span.each_period, start, end)
    moments = times(start, end, span.joint_period)
    rows_of = Environment.objects.exclude(distribution_id="").order_by("product__name", "position")
    environments = list(rows_of.select_related("product").only(*SHOWN))
    mine = distributions_of(environments)
    lacking = _lacks_additional_metrics(mine.values())
    rows = Rows(moments, {ALL: {DISTRIBUTION.name: found.by_time}}, {ALL} if lacking else set())
    charts = [one for drawing in AT_THE_EDGE if (one := chart(drawing, rows))]
    every = _sorted(_rows(environments, mine, found), sort)
    return {
        "ranges": [(one.label, _address(one, sort), one is span) for one in RANGES.values()],
        "sorts": [(name, label, _address(span, name), name == sort) for name, label in SORTS.items()],
        "groups": [("All environments together", charts)] if found.by_time else [],
        "chart_data": chart_data(charts, moments, span.joint_period, []),
        "every": WORDS[span.joint_period],
        "whole": named(found.whole) if found.by_time else None,
        "lacking": lacking,
        "rows": every,
        "shown": every if asked.get("all") else every[:MOST],
        "all_url": f"{_address(span, sort)}&all=1" if len(every) > MOST and not asked.get("all") else "",
        "age": age_of(mine.values()),
        "start": start,
        "end": end,
        "csv_url": f"{reverse('overview-csv')}?range={span.name}&sort={sort}",
        "poll_url": f"{reverse('overview-now')}?range={span.name}&sort={sort}{'&all=1' * ('all' in asked)}",
    }


def _lacks_additional_metrics(sources: Iterable[Source]) -> bool:
    """Whether of all distributions that had traffic none has them."""
    known = {source.extra for source in sources}
    return False in known and True not in known


def csv_lines(page: Mapping[str, Any]) -> Iterator[str]:
    """The table of environments as CSV, as the page sorts it. Percent are 0 to 100, latencies milliseconds."""
    names = [metric.name for metric in DISTRIBUTION.metrics]
    yield csv_row(["product", "environment", "from", "to", *names])
    span = [page[side].strftime("%Y-%m-%dT%H:%M:%SZ") for side in ("start", "end")]
    for row in page["rows"]:
        values = row["values"] or {}
        cells = ("" if values.get(name) is None else f"{values[name]:.12g}" for name in names)
        yield csv_row([row["environment"].product.slug, row["environment"].name, *span, *cells])


def _address(span: Range, sort: str) -> str:
    return f"{reverse('overview')}?range={span.name}&sort={sort}"


def _rows(
    environments: Iterable[Environment], sources: Mapping[int, Source], found: Overview
) -> list[dict[str, Any]]:
    every = list(environments)
    verdicts = newest_verdicts()
    rings = ringing()
    truths = dict(EdgeTruth.objects.values_list("environment", "findings"))
    addresses = {slug: reverse("monitoring", args=[slug]) for slug in {one.product.slug for one in every}}
    running = dict(
        EnvironmentState.objects.filter(running__isnull=False).values_list(
            "environment_id", "running__release__version"
        )
    )
    rows = []
    for one in every:
        source = sources.get(one.pk)
        values = found.by_source.get(source.pk) if source else None
        rows.append(
            {
                "environment": one,
                "url": f"{addresses[one.product.slug]}?env={one.name}",
                "version": running.get(one.pk, ""),
                "values": named(values) if values else None,
                "extra": source.extra if source else None,
                "spark": source.spark if source else "",
                "watch": {"verdict": verdicts[one.pk]} if one.pk in verdicts else None,
                "ringing": rings.get(one.pk, 0),
                "findings": truths.get(one.pk, []),
            }
        )
    return rows


def _sorted(rows: list[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    """By product as they are; by a number the largest first, but the smallest hit ratio; what is not known is last."""
    if sort == "product":
        return rows
    sign = 1 if sort == "hit_ratio" else -1

    def place(row: dict[str, Any]) -> tuple[bool, float]:
        value = row["values"] and row["values"][sort]
        return value is None, sign * (value or 0.0)

    return sorted(rows, key=place)
