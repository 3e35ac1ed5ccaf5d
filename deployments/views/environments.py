"""The page of one environment, and the look at its back end."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from deployments.pages.environment import environment_page
from deployments.services.observe import look as look_now
from products.selectors import environment_for
from users.http import Request, page
from users.refusals import Refused


@page(permission="estate.view")
def environment(request: Request, slug: str, name: str) -> HttpResponse:
    """What visitors of an environment get, and what ran there when."""
    found = environment_for(request.user, slug, name)
    before = request.GET.get("before", "")
    context = environment_page(request.user, found, int(before) if before.isdecimal() else None)
    return render(request, "deployments/environment.html", context)


@page(permission="estate.view", methods=("POST",))
def look(request: Request, slug: str, name: str) -> HttpResponse:
    """Start a look at the functions behind the environment's API; its page shows what was seen."""
    found = environment_for(request.user, slug, name)
    try:
        look_now(actor=request.user, environment=found)
    except Refused as refusal:
        note = {"kind": "warn", "icon": "wait", "first": "Nothing was started.", "second": refusal.text}
        context = environment_page(request.user, found, None) | {"note": note}
        return render(request, "deployments/environment.html", context, status=refusal.status)
    return redirect("environment", slug, name)
