"""The page of one deployment, its poll, the list of all, and the buttons of the dock."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from deployments.forms import ReasonForm
from deployments.models import Deployment
from deployments.pages.listing import deployments_page
from deployments.pages.progress import progress_page
from deployments.selectors.deployments import deployment_for
from deployments.services import steer
from deployments.services.handlers import skip_handler
from users.http import Request, page
from users.refusals import Refused

HTMX_STOP = 286


@page(permission="estate.view")
def deployment(request: Request, pk: int) -> HttpResponse:
    """One deployment, live while it runs."""
    found = deployment_for(pk)
    context = progress_page(request.user, found, request.GET)
    return render(request, "deployments/deployment.html", context)


@page(permission="estate.view")
def progress(request: Request, pk: int) -> HttpResponse:
    """What moved, for the page's poll. The last answer says that nothing more will come."""
    found = deployment_for(pk)
    context = progress_page(request.user, found, request.GET) | {"oob": True}
    return render(request, "deployments/_progress.html", context)


@page(permission="estate.view")
def deployments(request: Request) -> HttpResponse:
    """All deployments, newest first."""
    return render(request, "deployments/deployments.html", deployments_page(request.GET))


def _steering(act: Callable[..., object]) -> Callable[..., HttpResponse]:
    """The view of a button: on a deployment, or on one of its handlers by name."""

    @page(permission="estate.view", methods=("POST",))
    def view(request: Request, pk: int, **which: str) -> HttpResponse:
        found = deployment_for(pk)
        form = ReasonForm(request.POST)
        reason = form.cleaned_data["reason"] if form.is_valid() else ""
        try:
            act(actor=request.user, deployment=found, reason=reason, **which)
        except Refused as refusal:
            return _with_refusal(request, found, refusal)
        return redirect("deployment", pk)

    return view  # type: ignore[return-value]


def _with_refusal(request: Request, found: Deployment, refusal: Refused) -> HttpResponse:
    context: dict[str, Any] = progress_page(request.user, found, {})
    running = refusal.details.get("running")
    acts = [("Watch it", reverse("deployment", args=[running]))] if running else []
    context["error"] = {"kind": "warn", "title": "Nothing was changed", "text": refusal.text, "acts": acts}
    return render(request, "deployments/deployment.html", context, status=refusal.status)


cancel = _steering(steer.cancel)
retry = _steering(steer.retry)
skip = _steering(steer.skip)
skip_one = _steering(skip_handler)
retry_one = _steering(steer.retry_handler)
