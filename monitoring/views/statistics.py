"""Deployment statistics: of one product and of all, as pages and as CSV."""

from collections.abc import Iterable

from django.http import HttpResponse
from django.shortcuts import render

from monitoring.pages.statistics import all_statistics_page, period_of, statistics_page
from monitoring.pages.statistics_csv import lines_of, lines_of_everything
from monitoring.selectors.statistics import report_of
from monitoring.statistics import Period
from monitoring.views.attachments import csv_file
from products.selectors import product_for
from users.http import Request, page


@page(permission="estate.view")
def product_statistics(request: Request, slug: str) -> HttpResponse:
    """How often, how quickly and how well a product is deployed."""
    product, asked = product_for(request.user, slug), request.GET
    context = statistics_page(product, period_of(asked.get("period", "")), asked.get("env", ""))
    return render(request, "monitoring/product_statistics.html", context)


@page(permission="estate.view")
def product_statistics_csv(request: Request, slug: str) -> HttpResponse:
    """The same figures, for a spreadsheet."""
    product, asked = product_for(request.user, slug), request.GET
    report = report_of(product, period_of(asked.get("period", "")), asked.get("env", ""))
    return _file(lines_of(report), slug, report.period)


@page(permission="estate.view")
def statistics(request: Request) -> HttpResponse:
    """All products in one table."""
    asked = request.GET
    context = all_statistics_page(period_of(asked.get("period", "")), asked.get("sort", ""))
    return render(request, "monitoring/statistics.html", context)


@page(permission="estate.view")
def statistics_csv(request: Request) -> HttpResponse:
    """All products, for a spreadsheet."""
    period = period_of(request.GET.get("period", ""))
    return _file(lines_of_everything(period), "all-products", period)


def _file(lines: Iterable[str], what: str, period: Period) -> HttpResponse:
    return csv_file(lines, f"statistics-{what}-{period.name}-{period.until:%Y-%m-%d}")
