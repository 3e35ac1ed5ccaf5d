"""Deployment statistics as lines of CSV, one for each figure; an empty value is not known. Times are seconds."""

from collections.abc import Iterator

from monitoring.selectors.statistics import Report, lines_of_all
from monitoring.statistics import Figures, Period, Share, Spread, StepFigures
from users.spreadsheets import csv_row

COLUMNS = ["product", "environment", "period", "figure", "value", "unit", "made of"]

Figure = tuple[str, float | None, str, int]
"""Its name, its value or None, the value's unit, and of how many things it is made."""


def lines_of(report: Report) -> Iterator[str]:
    """Everything that the page of one product shows."""
    product, period = report.product.slug, report.period
    chosen = report.chosen.name if report.chosen else ""
    yield csv_row(COLUMNS)
    for place in report.places:
        for figure in _figures(report.figures[place.id]):
            yield _row(product, place.name, period, figure)
    for step in report.steps:
        for figure in _step_figures(step):
            yield _row(product, chosen, period, figure)
    yield _row(product, chosen, period, _share("handlers updated", report.handlers))
    yield _row(product, "", period, _share("builds succeeded", report.builds))


def lines_of_everything(period: Period) -> Iterator[str]:
    """Every product by name, with the environment where its releases arrive."""
    yield csv_row(COLUMNS)
    for line in lines_of_all(period):
        arrives = line.goal.name if line.goal else ""
        for figure in _figures(line.figures):
            yield _row(line.product.slug, arrives, period, figure)
        yield _row(line.product.slug, "", period, _share("builds succeeded", line.builds))


def _figures(figures: Figures) -> Iterator[Figure]:
    often = figures.frequency
    yield "deployments", float(often.of), "deployments", often.of
    yield "deployments a week", often.per(7), "deployments", often.of
    yield "rollbacks", float(figures.rollbacks), "deployments", often.of
    yield from _spread("lead time", figures.lead, "p90")
    yield _share("change failure rate", figures.failures)
    yield from _spread("time to restore", figures.restore, "p90")


def _step_figures(step: StepFigures) -> Iterator[Figure]:
    yield _share(f"step {step.name} done", step.success)
    yield from _spread(f"step {step.name}", step.time, "p95")


def _spread(name: str, of: Spread, tail: str) -> Iterator[Figure]:
    yield f"{name}, median", of.median, "seconds", of.of
    yield f"{name}, {tail}", of.tail, "seconds", of.of


def _share(name: str, share: Share) -> Figure:
    return name, share.ratio, "ratio", share.of


def _row(product: str, place: str, period: Period, figure: Figure) -> str:
    name, value, unit, of = figure
    told = "" if value is None else f"{value:.4f}".rstrip("0").rstrip(".")
    return csv_row([product, place, period.name, name, told, unit, str(of)])
