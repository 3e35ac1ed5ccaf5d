"""Deployment statistics: of one product, as CSV, and of all."""

from django.http import HttpResponse
from django.shortcuts import render

from monitoring.pages.statistics import all_statistics_page, csv_lines, period_of, statistics_page
from monitoring.selectors.statistics import report_of
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
    answer = HttpResponse("".join(csv_lines(report)), content_type="text/csv; charset=utf-8")
    name = f"statistics-{slug}-{report.period.name}-{report.period.until:%Y-%m-%d}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@page(permission="estate.view")
def statistics(request: Request) -> HttpResponse:
    """All products in one table."""
    asked = request.GET
    context = all_statistics_page(period_of(asked.get("period", "")), asked.get("sort", ""))
    return render(request, "monitoring/statistics.html", context)
