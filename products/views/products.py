"""A product's page and forms, and the settings of its environments."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from products.forms import EnvironmentForm, ProductForm, carried_out
from products.models import Environment
from products.selectors import environment_for, environments_of, product_for
from products.services import create_environment, create_product, edit_environment, edit_product
from users.actions import permit
from users.http import Request, page

EDIT = "product.edit"


@page(permission="estate.view")
def product(request: Request, slug: str) -> HttpResponse:
    """A product with its environments."""
    found = product_for(request.user, slug)
    context = {
        "product": found,
        "environments": environments_of(found),
        "may_edit": request.user.may(EDIT),
    }
    return render(request, "products/product.html", context)


@page(permission="product.edit", methods=("GET", "POST"))
def product_new(request: Request) -> HttpResponse:
    """Adds a product."""
    form = ProductForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        saved = carried_out(
            form, lambda: create_product(actor=request.user, values=form.values(), reason=reason)
        )
        if saved:
            return redirect("product", saved.slug)
    return render(request, "products/product_form.html", {"form": form}, status=422 if form.errors else 200)


@page(permission="product.edit", methods=("GET", "POST"))
def product_edit(request: Request, slug: str) -> HttpResponse:
    """Changes a product."""
    found = product_for(request.user, slug)
    form = ProductForm(request.POST or None, instance=product_for(request.user, slug))
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        saved = carried_out(
            form, lambda: edit_product(actor=request.user, product=found, values=form.values(), reason=reason)
        )
        if saved:
            return redirect("product", saved.slug)
    return render(
        request,
        "products/product_form.html",
        {"form": form, "product": found},
        status=422 if form.errors else 200,
    )


@page(permission="product.edit", methods=("GET", "POST"))
def environment_new(request: Request, slug: str) -> HttpResponse:
    """Adds an environment to a product."""
    found = product_for(request.user, slug)
    blank = Environment(product=found, position=found.environments.count())
    form = EnvironmentForm(request.POST or None, instance=blank)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        saved = carried_out(
            form,
            lambda: create_environment(
                actor=request.user, product=found, values=form.values(), reason=reason
            ),
        )
        if saved:
            return redirect("environment-settings", slug, saved.name)
    return render(
        request,
        "products/environment_form.html",
        {"form": form, "product": found, "may_edit": True},
        status=422 if form.errors else 200,
    )


@page(permission="estate.view", methods=("GET", "POST"))
def environment_settings(request: Request, slug: str, name: str) -> HttpResponse:
    """The settings of an environment; a form for those who may edit them."""
    found = environment_for(request.user, slug, name)
    if request.method == "POST":
        permit(edit_environment, actor=request.user, environment=found)
    form = EnvironmentForm(request.POST or None, instance=environment_for(request.user, slug, name))
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        saved = carried_out(
            form,
            lambda: edit_environment(
                actor=request.user,
                environment=found,
                values=form.values(),
                revision=asked["revision"] or 0,
                reason=asked["reason"],
                confirm=asked.get("confirm", ""),
            ),
        )
        if saved:
            return redirect("environment-settings", slug, name)
    context = {
        "form": form,
        "product": found.product,
        "environment": found,
        "may_edit": request.user.may(EDIT),
    }
    return render(request, "products/environment_form.html", context, status=422 if form.errors else 200)
