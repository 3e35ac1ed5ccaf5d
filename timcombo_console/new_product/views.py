"""Two pages that end with a plan: what the product is, then its environments."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from products.forms import carried_out
from products.models import Product
from provisioning.services.look import look
from timcombo_console.new_product.forms import BasicsForm, EnvironmentsForm
from timcombo_console.new_product.services import NewEnvironment, set_up
from users.actions import permit
from users.http import Request, page

PERMISSION = "product.edit"


@page(permission=PERMISSION)
def basics(request: Request) -> HttpResponse:
    """What the product is. The answers travel in the address to the next page; nothing is saved."""
    form = BasicsForm(request.GET or None)
    if request.GET and form.is_valid():
        return redirect(f"{reverse('new-product-environments')}?{request.GET.urlencode()}")
    return render(request, "new_product/basics.html", {"form": form}, status=422 if form.errors else 200)


@page(permission=PERMISSION, methods=("GET", "POST"))
def environments(request: Request) -> HttpResponse:
    """Its environments as proposed, to be edited; saving them leads to the plan."""
    first = BasicsForm(request.GET)
    back = f"{reverse('new-product')}?{request.GET.urlencode()}"
    if not first.is_valid():
        return redirect(back)
    if request.method == "POST":
        permit(set_up, actor=request.user)
    form = EnvironmentsForm(request.POST or None, first.cleaned_data)
    if request.method == "POST" and form.is_valid():
        saved = carried_out(form, lambda: _saved(request, first, form))
        if saved:
            look(actor=request.user, product=saved)
            return redirect("estate-plan", saved.slug)
    wrong = bool(form.errors or any(one.errors for one in form.environments))
    context = {"form": form, "basics": first.cleaned_data, "back_url": back, "wrong": wrong}
    return render(request, "new_product/environments.html", context, status=422 if wrong else 200)


def _saved(request: Request, first: BasicsForm, form: EnvironmentsForm) -> Product:
    answers = form.cleaned_data
    return set_up(
        actor=request.user,
        values={
            **first.values(),
            "artifact_bucket": answers["artifact_bucket"],
            "log_account": first.cleaned_data["log_account"],
            "log_bucket": answers.get("log_bucket", ""),
        },
        zone_account=first.cleaned_data["dns_account"],
        environments=[_new(first.cleaned_data, one) for one in form.environments],
        reason=answers["reason"],
    )


def _new(answers: dict[str, Any], one: Any) -> NewEnvironment:
    fixed = {"kind": one.proposal.kind, "frontend_account": answers["frontend_account"]}
    return NewEnvironment(
        one.proposal.name, one.cleaned_data["hostnames"], {**one.values(), **fixed}, one.proposal.requires
    )
