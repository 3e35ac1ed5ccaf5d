"""A product's AWS resources: what is there, the plan, its progress, one resource."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from products.forms import show_refusal
from products.models import Product
from products.selectors import product_for
from provisioning.forms import ApplyForm, ReasonForm
from provisioning.models import Apply
from provisioning.pages import address_of, adoptable, applied_page, estate_page, plan_page, resource_page
from provisioning.selectors import picture_of
from provisioning.services.accept import accept, stop_accepting
from provisioning.services.apply import apply_plan
from provisioning.services.look import look as look_at_all
from provisioning.services.steer import cancel, retry
from provisioning.shapes import Address
from users.actions import permit
from users.http import Request, page
from users.refusals import Missing, Refused


@page(permission="estate.view")
def estate(request: Request, slug: str) -> HttpResponse:
    """Every resource of the product, and how it stands."""
    product = product_for(request.user, slug)
    return render(request, "provisioning/estate.html", estate_page(request.user, product))


@page(permission="estate.view", methods=("POST",))
def look(request: Request, slug: str) -> HttpResponse:
    """Starts a look; the page from which it was asked for shows how it goes."""
    try:
        look_at_all(actor=request.user, product=product_for(request.user, slug))
    except Refused as refusal:
        messages.warning(request, refusal.text)
    back = request.POST.get("next", "")
    own = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if own else reverse("estate", args=[slug]))


@page(permission="estate.view", methods=("GET", "POST"))
def plan(request: Request, slug: str) -> HttpResponse:
    """What would be changed, and the click that does it."""
    product = product_for(request.user, slug)
    only = [a for key in request.GET.getlist("only") if (a := address_of(key))]
    if request.method == "POST":
        permit(apply_plan, actor=request.user, product=product)
    form, note, status = ApplyForm(request.POST or None), None, 200
    if form.is_bound and form.is_valid():
        try:
            apply = apply_plan(
                actor=request.user,
                product=product,
                digest=form.cleaned_data["plan_digest"],
                reason=form.cleaned_data["reason"],
                ticked=form.ticked(adoptable(product, only)),
                only=only,
            )
        except Refused as refusal:
            note, status = refusal.text, refusal.status
        else:
            return redirect("estate-apply", slug, apply.pk)
    elif form.is_bound:
        status = 422
    context = plan_page(request.user, product, form, only) | {"note": note}
    return render(request, "provisioning/plan.html", context, status=status)


@page(permission="estate.view")
def applied(request: Request, slug: str, pk: int) -> HttpResponse:
    """How far a plan is applied; the page asks for itself again while it is."""
    apply = _apply(product_for(request.user, slug), pk)
    return render(request, "provisioning/applied.html", applied_page(request.user, apply))


@page(permission="estate.view", methods=("POST",))
def steer(request: Request, slug: str, pk: int, verb: str) -> HttpResponse:
    """Goes on with a plan that failed, or stops it."""
    apply = _apply(product_for(request.user, slug), pk)
    act = {"retry": retry, "cancel": cancel}.get(verb)
    if act is None:
        raise Missing(f"A plan cannot be asked to {verb}.")
    form = ReasonForm(request.POST)
    try:
        act(actor=request.user, apply=apply, reason=form.data.get("reason", ""))
    except Refused as refusal:
        messages.warning(request, refusal.text)
    return redirect("estate-apply", slug, pk)


def _apply(product: Product, pk: int) -> Apply:
    found = Apply.objects.select_related("run", "actor", "product").filter(product=product, pk=pk).first()
    if found is None:
        raise Missing(f"No plan {pk} was applied to {product}.")
    return found


@page(permission="estate.view", methods=("GET", "POST"))
def resource(request: Request, slug: str, kind: str, account: str, name: str) -> HttpResponse:
    """One resource: how it is, how it should be, and the decision about what was changed by hand."""
    product, address = product_for(request.user, slug), Address(kind, account, name)
    act = stop_accepting if request.POST.get("verb") == "follow" else accept
    if request.method == "POST":
        permit(act, actor=request.user, product=product)
    form, status = ReasonForm(request.POST or None), 200
    if form.is_bound and form.is_valid():
        try:
            act(actor=request.user, product=product, address=address, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            return redirect("estate-resource", slug, kind, account, name)
    elif form.is_bound:
        status = 422
    one = next((one for one in picture_of(product).standings if one.address == address), None)
    if one is None:
        raise Missing(f"{product} has no {address}.")
    context: dict[str, Any] = resource_page(request.user, product, one) | {"form": form}
    return render(request, "provisioning/resource.html", context, status=status)
