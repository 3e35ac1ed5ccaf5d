"""Pruning the old versions of the functions behind an environment's API: the page, its poll, and the click."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from deployments.forms import ReasonForm
from deployments.pages.prune import prune_page
from deployments.services.prune import prune_versions
from products.selectors import environment_for
from users.actions import permit
from users.http import Request, page
from users.refusals import Refused


@page(permission="estate.view", methods=("GET", "POST"))
def prune(request: Request, slug: str, name: str) -> HttpResponse:
    """What would be deleted, the click, and how it goes."""
    environment = environment_for(request.user, slug, name)
    if request.method == "POST":
        permit(prune_versions, actor=request.user, environment=environment)
    form, note, status = ReasonForm(request.POST or None), None, 200
    if form.is_bound and form.is_valid():
        try:
            prune_versions(actor=request.user, environment=environment, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            note, status = _note(refusal), refusal.status
        else:
            return redirect("back-end-prune", slug, name)
    elif form.is_bound:
        status = 422
    context = prune_page(request.user, environment, form) | {"note": note}
    return render(request, "deployments/prune.html", context, status=status)


def _note(refusal: Refused) -> dict[str, Any]:
    url = refusal.details.get("url")
    return {
        "kind": "warn",
        "icon": "wait",
        "first": "Nothing was started.",
        "second": refusal.text,
        "acts": [("Watch it", url)] if url else [],
    }


@page(permission="estate.view")
def prune_progress(request: Request, slug: str, name: str) -> HttpResponse:
    """What moved, for the page's poll."""
    environment = environment_for(request.user, slug, name)
    context = prune_page(request.user, environment, ReasonForm()) | {"oob": True}
    return render(request, "deployments/_prune.html", context)
