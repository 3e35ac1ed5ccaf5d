"""Pages that join apps: the matrix, search, on call; and what probes ask."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.dateparse import parse_datetime

from deployments.models import Deployment, Release
from deployments.pages.coming import coming
from deployments.pages.environment import site_url
from deployments.selectors.deployments import state_of
from dns.selectors import addresses_of
from products.models import Environment, Product
from products.selectors import environment_for
from timcombo_console.metrics import metrics_allowed, metrics_text
from timcombo_console.oncall import on_call_page
from timcombo_console.pages import changes_page, matrix_page
from timcombo_console.readiness import problems
from users.actions import allowed
from users.http import Request, page
from users.refusals import Invalid

FOUND = 20


@page(permission="estate.view")
def matrix(request: Request) -> HttpResponse:
    """What runs where."""
    return render(request, "deployments/matrix.html", matrix_page(request.user, request.GET))


@page(permission="estate.view")
def matrix_changes(request: Request) -> HttpResponse:
    """The cells that changed since the page was drawn."""
    try:
        since = parse_datetime(request.GET.get("since", "").replace(" ", "+"))
        since = since and (since if since.tzinfo else since.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid("since is no time. Write it as 2026-11-22T09:00:00Z.") from error
    page = changes_page(request.user, since or datetime.now(UTC) - timedelta(minutes=1))
    return render(request, "deployments/_changes.html", page)


@page(permission="estate.view")
def cell_menu(request: Request, slug: str, name: str) -> HttpResponse:
    """The menu of one cell, fetched when it is opened."""
    environment = environment_for(request.user, slug, name)
    return render(request, "deployments/_cell_menu.html", _menu(request, environment))


def _menu(request: Request, environment: Environment) -> dict[str, Any]:
    slug, name = environment.product.slug, environment.name
    here = reverse("environment", args=[slug, name])
    after, state = next_of(environment), state_of(environment)
    live = state.live
    may = allowed(request.user, "deployment.promote")
    promote = (
        reverse("promote", args=[slug, after.name, live.release.version]) if may and after and live else ""
    )
    host = addresses_of(environment).public
    return {
        "name": name,
        "promote_url": promote,
        "promote_to": after.name if after else "",
        "alone": coming(request.user, environment, state)["alone"],
        "rollback_url": reverse("rollback", args=[slug, name])
        if allowed(request.user, "deployment.rollback")
        else "",
        "compare_url": f"{reverse('compare', args=[slug])}?left=env-{name}",
        "environment_url": here,
        "site_url": site_url(host) if host else "",
        "site": host,
    }


def next_of(environment: Environment) -> Environment | None:
    """The app environment that comes after this one."""
    after = environment.product.environments.filter(kind=environment.kind, position__gt=environment.position)
    return after.order_by("position").first()


@page(permission="estate.view")
def search(request: Request) -> HttpResponse:
    """Products, releases and deployments by what one remembers of them; one hit opens at once."""
    q = request.GET.get("q", "").strip()
    hits = _hits(q) if q else []
    if len(hits) == 1:
        return redirect(hits[0]["url"])
    return render(request, "search.html", {"q": q, "hits": hits})


def _hits(q: str) -> list[dict[str, str]]:
    found = [
        {"kind": "Product", "text": str(one), "url": reverse("product", args=[one.slug])}
        for one in (Product.objects.filter(name__icontains=q) | Product.objects.filter(domain__icontains=q))[
            :FOUND
        ]
    ]
    releases = Release.objects.filter(version__startswith=q) | Release.objects.filter(commit__startswith=q)
    found += [
        {"kind": "Release", "text": str(one), "url": reverse("release", args=[one.product.slug, one.version])}
        for one in releases.select_related("product").order_by("-id")[:FOUND]
    ]
    if q.isdecimal() and len(q) < 19:
        numbered = Deployment.objects.filter(pk=int(q)).select_related("release", "environment__product")
        found += [
            {"kind": "Deployment", "text": f"{one.pk}: {one}", "url": reverse("deployment", args=[one.pk])}
            for one in numbered
        ]
    return found


@page(permission="estate.view")
def on_call(request: Request) -> HttpResponse:
    """For the person on call: workers, queue, why each Run waits."""
    return render(request, "on_call.html", on_call_page())


@page(permission="estate.view")
def on_call_now(request: Request) -> HttpResponse:
    """The same as it is now, for the page's poll."""
    return render(request, "_on_call.html", on_call_page() | {"oob": True})


@login_not_required
def favicon(request: HttpRequest) -> HttpResponse:
    """Where browsers look for an icon on pages that name none, as those of Django's admin site."""
    return redirect(static("brand.svg"))


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return JsonResponse({"alive": True})


@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """Database, broker, a worker and migrations: 200 when all are there, else 503 naming what is not."""
    found = problems()
    return JsonResponse({"ready": not found, "problems": found}, status=503 if found else 200)


@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format, for who comes from loopback or brings the token."""
    if not metrics_allowed(request):
        return HttpResponse(
            "Send CONSOLE_METRICS_TOKEN as a bearer token. Behind a proxy it must be set.\n",
            status=401,
            content_type="text/plain",
        )
    return HttpResponse(metrics_text(), content_type="text/plain; version=0.0.4; charset=utf-8")
