"""What the pages of deployment statistics show."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from deployments.models import Release
from monitoring.models import Build
from monitoring.selectors.statistics import Line, Report, builds_of, lines_of_all, report_of, step_labels
from monitoring.statistics import PERIODS, Figures, Frequency, Period, Place
from products.models import Product
from users.refusals import Invalid

USUAL = "30d"
SHOWN_BUILDS = 20


def period_of(asked: str) -> Period:
    """The period of that name, by default 30 days. Raises Invalid."""
    now = timezone.now()
    periods = {period.name: period for period in (Period(days, now) for days in PERIODS)}
    found = periods.get(asked or USUAL)
    if found is None:
        raise Invalid(f"There are no statistics of {asked[:20]!r}. A period is {', '.join(periods)}.")
    return found


def statistics_page(product: Product, period: Period, environment: str) -> dict[str, Any]:
    """The context of `monitoring/product_statistics.html`. Raises Missing for an environment that is not there."""
    report = report_of(product, period, environment)
    chosen = report.chosen
    return {
        "product": product,
        "days": period.days,
        "crumbs": [(product.name, reverse("product", args=[product.slug])), ("Statistics", "")],
        "periods": [(f"{days} days", _address(report, days=days), days == period.days) for days in PERIODS],
        "environments": [(one.name, _address(report, env=one.name), one == chosen) for one in report.places],
        "chosen": chosen,
        "is_goal": chosen == report.goal,
        "figures": _shown(report.figures[chosen.id]) if chosen else None,
        "rows": [_row(report, place) for place in report.places],
        "steps": _steps(report),
        "handlers": report.handlers,
        "built": report.builds,
        "builds": _builds(product),
        "csv_url": _address(report, "product-statistics-csv"),
    }


def _address(report: Report, name: str = "product-statistics", *, days: int = 0, env: str = "") -> str:
    """This page, or the one of that name, with the period and environment that are shown or others."""
    shown = report.chosen.name if report.chosen else ""
    asked = {"period": f"{days or report.period.days}d", "env": env or shown}
    return f"{reverse(name, args=[report.product.slug])}?{urlencode({k: v for k, v in asked.items() if v})}"


def _shown(figures: Figures) -> dict[str, Any]:
    """The figures by name, the frequency in the unit that reads best."""
    return {
        "frequency": figures.frequency,
        "rate": _rate(figures.frequency),
        "rollbacks": figures.rollbacks,
        "lead": figures.lead,
        "failures": figures.failures,
        "restore": figures.restore,
        "unmended": figures.unmended,
    }


def _rate(frequency: Frequency) -> tuple[float, str] | None:
    """How many a day, a week or 30 days: the shortest of them in which there was one."""
    units = [(frequency.per(days), word) for days, word in ((1, "a day"), (7, "a week"), (30, "in 30 days"))]
    known = [(rate, word) for rate, word in units if rate is not None]
    return next((one for one in known if one[0] >= 1), known[-1]) if known else None


def _row(report: Report, place: Place) -> dict[str, Any]:
    url = reverse("environment", args=[report.product.slug, place.name])
    return {"name": place.name, "url": url, **_shown(report.figures[place.id])}


def _steps(report: Report) -> list[dict[str, Any]]:
    labels = step_labels()
    return [
        {"name": one.name, "label": labels.get(one.name, one.name), "success": one.success, "time": one.time}
        for one in report.steps
    ]


def _builds(product: Product) -> list[dict[str, Any]]:
    """The newest builds; those of a release lead to it. Two queries."""
    newest = list(builds_of(product)[:SHOWN_BUILDS])
    versions = {build.version for build in newest}
    releases = set(
        Release.objects.filter(product=product, version__in=versions).values_list("version", flat=True)
    )
    return [_build(product, build, build.version in releases) for build in newest]


def _build(product: Product, build: Build, registered: bool) -> dict[str, Any]:
    return {
        "version": build.version,
        "release_url": reverse("release", args=[product.slug, build.version]) if registered else "",
        "status": build.status,
        "commit": build.commit,
        "url": build.url,
        "who": str(build.actor),
        "at": build.at,
    }


Sort = Callable[[Line], Any]
SORTS: dict[str, tuple[str, Sort]] = {
    "product": ("Product", lambda line: line.product.name.lower()),
    "frequency": ("Went live", lambda line: line.figures.frequency.per(1)),
    "lead": ("Lead time", lambda line: line.figures.lead.median),
    "failures": ("Change failure rate", lambda line: line.figures.failures.ratio),
    "restore": ("Time to restore", lambda line: line.figures.restore.median),
    "builds": ("Builds that succeeded", lambda line: line.builds.ratio),
}
"""By the name in the address: the column's words, and what it is ordered by, None for what is not known."""


def all_statistics_page(period: Period, sort: str) -> dict[str, Any]:
    """The context of `monitoring/statistics.html`; `sort` is a column of SORTS, with a minus for the greatest first."""
    name, falling = sort.removeprefix("-"), sort.startswith("-")
    if name not in SORTS:
        name, falling = "product", False
    lines = _ordered(lines_of_all(period), SORTS[name][1], falling)
    kept = f"-{name}" if falling else name
    return {
        "days": period.days,
        "periods": [
            (f"{days} days", f"?period={days}d&sort={kept}", days == period.days) for days in PERIODS
        ],
        "columns": [_column(one, period, name, falling) for one in SORTS],
        "rows": [_line(line, period) for line in lines],
        "csv_url": f"{reverse('statistics-csv')}?period={period.name}",
    }


def _ordered(lines: Sequence[Line], by: Sort, falling: bool) -> list[Line]:
    """What is not known comes last, whichever way."""
    known = [line for line in lines if by(line) is not None]
    return sorted(known, key=by, reverse=falling) + [line for line in lines if by(line) is None]


def _column(name: str, period: Period, sorted_by: str, falling: bool) -> dict[str, str]:
    here = name == sorted_by
    turned = "-" if here and not falling else ""
    order = ("descending" if falling else "ascending") if here else ""
    return {"label": SORTS[name][0], "url": f"?period={period.name}&sort={turned}{name}", "order": order}


def _line(line: Line, period: Period) -> dict[str, Any]:
    url = reverse("product-statistics", args=[line.product.slug])
    return {
        "name": line.product.name,
        "url": f"{url}?period={period.name}",
        "goal": line.goal.name if line.goal else "",
        "built": line.builds,
        **_shown(line.figures),
    }
