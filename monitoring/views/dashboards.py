"""Pages of numbers: everything, one product, the numbers behind a chart, and what asking for them costs."""

from django.http import HttpResponse
from django.shortcuts import render

from monitoring.pages.collection import collection_page
from monitoring.pages.dashboard import Asked, Dashboard, dashboard_page
from monitoring.pages.overview import csv_lines as csv_of_all
from monitoring.pages.overview import overview_page
from monitoring.pages.tables import csv_lines, table_page
from monitoring.views.attachments import csv_file
from products.selectors import product_for
from users.http import Request, page


@page(permission="estate.view")
def overview(request: Request) -> HttpResponse:
    """All environments together and side by side."""
    return render(request, "monitoring/overview.html", overview_page(request.GET))


@page(permission="estate.view")
def overview_now(request: Request) -> HttpResponse:
    """The same as it is now, for the page's poll."""
    return render(request, "monitoring/_overview.html", overview_page(request.GET) | {"oob": True})


@page(permission="estate.view")
def overview_csv(request: Request) -> HttpResponse:
    """The table of environments as CSV."""
    return csv_file(csv_of_all(overview_page(request.GET)), "environments")


@page(permission="estate.view")
def monitoring(request: Request, slug: str) -> HttpResponse:
    """The numbers of a product's environments."""
    context = dashboard_page(product_for(request.user, slug), Asked.of(request.GET))
    return render(request, "monitoring/dashboard.html", context)


@page(permission="estate.view")
def monitoring_now(request: Request, slug: str) -> HttpResponse:
    """The same as it is now, for the page's poll."""
    context = dashboard_page(product_for(request.user, slug), Asked.of(request.GET))
    return render(request, "monitoring/_dashboard.html", context | {"oob": True})


@page(permission="estate.view")
def monitoring_table(request: Request, slug: str) -> HttpResponse:
    """The numbers behind one chart; a part of the page, or by itself where there is no script."""
    board = Dashboard(product_for(request.user, slug), Asked.of(request.GET))
    context = table_page(board, request.GET.get("chart", "")) | {"product": board.product}
    return render(request, "monitoring/_table.html" if request.htmx else "monitoring/table.html", context)


@page(permission="estate.view")
def monitoring_csv(request: Request, slug: str) -> HttpResponse:
    """All charts as CSV."""
    board = Dashboard(product_for(request.user, slug), Asked.of(request.GET))
    return csv_file(csv_lines(board), f"{slug}-{board.asked.range.name}")


@page(permission="estate.view")
def collection(request: Request) -> HttpResponse:
    """How far the numbers are, and what asking for them costs."""
    return render(request, "monitoring/collection.html", collection_page())
