"""The page of one environment, and the look at its back end."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from deployments.forms import ReasonForm
from deployments.pages.environment import environment_page
from deployments.services.edits import accept_edits
from deployments.services.observe import look as look_now
from products.models import Environment
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
        return _with_refusal(request, found, "Nothing was started.", refusal)
    return redirect("environment", slug, name)


@page(permission="estate.view", methods=("POST",))
def accept(request: Request, slug: str, name: str) -> HttpResponse:
    """Take what was edited by hand as it is."""
    found = environment_for(request.user, slug, name)
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        accept_edits(actor=request.user, environment=found, reason=reason)
    except Refused as refusal:
        return _with_refusal(request, found, "Nothing was accepted.", refusal)
    return redirect("environment", slug, name)


def _with_refusal(request: Request, found: Environment, first: str, refusal: Refused) -> HttpResponse:
    note = {"kind": "warn", "icon": "wait", "first": first, "second": refusal.text}
    context = environment_page(request.user, found, None) | {"note": note}
    return render(request, "deployments/environment.html", context, status=refusal.status)
