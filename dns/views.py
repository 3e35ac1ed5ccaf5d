"""The hostnames of an environment, and the hosted zone of a product."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from dns.forms import HostedZoneForm, HostnamesForm
from dns.models import HostedZone
from dns.pages import domains_page
from dns.selectors import addresses_of, zone_of
from dns.services import names_of, set_hosted_zone, set_hostnames
from products.forms import carried_out
from products.models import Product
from products.selectors import environment_for, product_for
from provisioning.models import Apply, PlannedChange
from provisioning.services.records import remove_records, undo_records
from users.actions import permit
from users.http import Request, page
from users.refusals import Missing, Refused


@page(permission="estate.view", methods=("GET", "POST"))
def domains(request: Request, slug: str) -> HttpResponse:
    """Every hostname of a product and what is wrong with it; removes stray records, and takes changes back."""
    product = product_for(request.user, slug)
    if request.method == "POST":
        try:
            apply = _change_records(request, product)
        except Refused as refusal:
            messages.warning(request, refusal.text)
        else:
            return redirect("estate-apply", slug, apply.pk)
    return render(request, "dns/domains.html", domains_page(request.user, product))


def _change_records(request: Request, product: Product) -> Apply:
    asked = request.POST
    reason = asked.get("reason", "")
    if asked.get("verb") == "undo":
        rows = PlannedChange.objects.select_related("account", "apply__product")
        number = asked.get("change", "")
        planned = rows.filter(apply__product=product, pk=int(number) if number.isdecimal() else 0).first()
        if planned is None:
            raise Missing("There is no such change of records.")
        return undo_records(actor=request.user, planned=planned, reason=reason)
    return remove_records(
        actor=request.user, product=product, hostname=asked.get("hostname", ""), reason=reason
    )


@page(permission="estate.view", methods=("GET", "POST"))
def hostnames(request: Request, slug: str, name: str) -> HttpResponse:
    """An environment's hostnames and where they were seen to lead; a form for those who may edit them."""
    environment = environment_for(request.user, slug, name)
    if request.method == "POST":
        permit(set_hostnames, actor=request.user, environment=environment)
    form = HostnamesForm(request.POST or None, initial={"names": names_of(environment)})
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        saved = carried_out(
            form,
            lambda: set_hostnames(
                actor=request.user, environment=environment, names=asked["names"], reason=asked["reason"]
            ),
        )
        if saved is not None:
            return redirect("hostnames", slug, name)
    context = {
        "form": form,
        "environment": environment,
        "product": environment.product,
        "hostnames": environment.hostnames.all(),
        "addresses": addresses_of(environment),
        "may_edit": request.user.may("product.edit"),
    }
    return render(request, "dns/hostnames.html", context, status=422 if form.errors else 200)


@page(permission="product.edit", methods=("GET", "POST"))
def hosted_zone(request: Request, slug: str) -> HttpResponse:
    """Which hosted zone holds a product's domain, and in which account."""
    product = product_for(request.user, slug)
    form = HostedZoneForm(request.POST or None, instance=zone_of(product) or HostedZone(product=product))
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        saved = carried_out(form, lambda: set_hosted_zone(actor=request.user, product=product, **asked))
        if saved:
            return redirect("product", slug)
    return render(
        request,
        "dns/hosted_zone.html",
        {"form": form, "product": product},
        status=422 if form.errors else 200,
    )
