"""Releases: the list, one of them, registering one by hand, marking one bad."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from deployments import spool
from deployments.forms import ReasonForm, ReleaseForm, show_refusal
from deployments.pages.listing import releases_page
from deployments.pages.release import release_page
from deployments.selectors.releases import release_for
from deployments.services.mark_bad import mark_bad
from deployments.services.register import register
from deployments.spool import Spooled
from products.models import Product
from products.selectors import product_for
from users.actions import require
from users.http import Request, page
from users.refusals import Refused


@page(permission="estate.view")
def releases(request: Request) -> HttpResponse:
    """All releases, or those of one product."""
    return render(request, "deployments/releases.html", releases_page(request.user, request.GET))


@page(permission="estate.view")
def release(request: Request, slug: str, version: str) -> HttpResponse:
    """One release: what it holds and where it runs."""
    found = release_for(product_for(request.user, slug), version)
    context = release_page(request.user, found, request.GET)
    return render(request, "deployments/release.html", context)


@page(permission="estate.view", methods=("POST",))
def bad(request: Request, slug: str, version: str) -> HttpResponse:
    """Mark a release bad, or good again when it is bad."""
    found = release_for(product_for(request.user, slug), version)
    form = ReasonForm(request.POST)
    try:
        reason = form.cleaned_data["reason"] if form.is_valid() else ""
        mark_bad(actor=request.user, release=found, bad=not found.bad, reason=reason)
    except Refused as refusal:
        show_refusal(form, refusal) if not form.errors else None
        context = release_page(request.user, found, {}) | {"bad_form": form}
        return render(request, "deployments/release.html", context, status=refusal.status)
    return redirect("release", slug, version)


@page(permission="release.register", methods=("GET", "POST"))
def release_new(request: Request, slug: str) -> HttpResponse:
    """Register a release by hand: one zip per target."""
    require(request.user, "release.register")
    product = product_for(request.user, slug)
    form = ReleaseForm(request.POST or None, request.FILES or None, product=product)
    status = 200
    if form.is_bound and form.is_valid():
        try:
            made = _register(request, product, form)
        except Refused as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            return redirect("release", slug, made)
    elif form.is_bound:
        status = 422
    context = {
        "form": form,
        "product": product,
        "crumbs": [
            (product.name, reverse("product", args=[slug])),
            ("Releases", f"{reverse('releases')}?product={slug}"),
            ("New", ""),
        ],
    }
    return render(request, "deployments/release_new.html", context, status=status)


def _register(request: Request, product: Product, form: ReleaseForm) -> str:
    """Spool the uploads and register; what was spooled in vain is discarded."""
    stored: dict[str, Spooled] = {}
    given: dict[str, Any] = form.cleaned_data
    try:
        for target, upload in form.uploads().items():
            stored[target] = spool.store(upload.chunks())
        made = register(
            actor=request.user,
            product=product,
            version=given["version"],
            commit=given["commit"],
            notes=given["notes"],
            artifacts=stored,
        )
    except BaseException:
        discard_unused(stored)
        raise
    discard_unused(stored, keep=set(made.artifacts.values_list("spool_name", flat=True)))
    return made.version


def discard_unused(stored: dict[str, Spooled], keep: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    """Remove spooled uploads that no artifact refers to (the same content was registered before)."""
    for one in stored.values():
        if one.name not in keep:
            spool.discard(one.name)
