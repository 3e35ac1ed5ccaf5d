"""The hostnames of an environment, and the hosted zone of a product."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from dns.forms import HostedZoneForm, HostnamesForm
from dns.models import HostedZone
from dns.selectors import addresses_of, zone_of
from dns.services import names_of, set_hosted_zone, set_hostnames
from products.forms import carried_out
from products.selectors import environment_for, product_for
from users.actions import permit
from users.http import Request, page


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
