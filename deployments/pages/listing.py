"""Lists of deployments and releases: filters, rows, keyset paging."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse

from deployments.models import Deployment, Release
from deployments.pages.status import seconds_of, status_of
from deployments.selectors.deployments import deployments
from deployments.selectors.releases import running_in
from products.models import Product
from users.actions import allowed
from users.models import User

SHOWN = 50
STATES = {
    "": ("All", None),
    "active": ("Under way", ["queued", "running"]),
    "live": ("Went live", ["succeeded"]),
    "failed": ("Failed", ["failed"]),
    "cancelled": ("Cancelled", ["cancelled"]),
}


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isdecimal() and len(value) < 19 else None


def _address(name: str, **query: Any) -> str:
    kept = {key: value for key, value in query.items() if value}
    return reverse(name) + (f"?{urlencode(kept)}" if kept else "")


def _products(name: str, chosen: str, **query: Any) -> list[tuple[str, str, bool]]:
    found = Product.objects.order_by("name").values_list("slug", "name")[:12]
    every = [("All products", _address(name, **query), not chosen)]
    return every + [(label, _address(name, product=slug, **query), slug == chosen) for slug, label in found]


def deployments_page(asked: Mapping[str, str]) -> dict[str, Any]:
    """The context of `deployments/deployments.html`."""
    state = asked.get("state", "") if asked.get("state", "") in STATES else ""
    product, before = asked.get("product", ""), _number(asked.get("before"))
    found = _filtered(state, product, before)
    rows = list(found.select_related("environment__state")[: SHOWN + 1])
    older = (
        _address("deployments", state=state, product=product, before=rows[SHOWN - 1].pk)
        if len(rows) > SHOWN
        else ""
    )
    return {
        "filters": [
            {
                "label": label,
                "url": _address("deployments", state=key, product=product),
                "current": key == state,
            }
            for key, (label, _) in STATES.items()
        ],
        "products": _products("deployments", product, state=state),
        "deployments": [_deployment(one) for one in rows[:SHOWN]],
        "older_url": older,
        "newer_url": _address("deployments", state=state, product=product) if before else "",
    }


def _filtered(state: str, product: str, before: int | None) -> QuerySet[Deployment]:
    found = deployments().order_by("-id")
    states = STATES[state][1]
    if states:
        found = found.filter(run__state__in=states)
    if product:
        found = found.filter(environment__product__slug=product)
    return found.filter(pk__lt=before) if before else found


def _deployment(one: Deployment) -> dict[str, Any]:
    environment = one.environment
    return {
        "url": reverse("deployment", args=[one.pk]),
        "version": one.release.version,
        "product": environment.product.name,
        "environment": environment.name,
        "environment_url": reverse("environment", args=[environment.product.slug, environment.name]),
        "status": status_of(one, getattr(environment, "state", None)),
        "kind": one.kind,
        "bad": one.release.bad,
        "reason": one.reason,
        "who": one.who,
        "at": one.created_at,
        "seconds": seconds_of(one),
    }


def releases_page(user: User, asked: Mapping[str, str]) -> dict[str, Any]:
    """The context of `deployments/releases.html`."""
    product, before = asked.get("product", ""), _number(asked.get("before"))
    found = (
        Release.objects.select_related("product", "created_by").prefetch_related("artifacts").order_by("-id")
    ).filter(found=False)
    if product:
        found = found.filter(product__slug=product)
    if before:
        found = found.filter(pk__lt=before)
    rows = list(found[: SHOWN + 1])
    where = running_in(rows)
    slugs = Product.objects.order_by("name").values_list("slug", flat=True)
    add = (slugs.filter(slug=product) if product else slugs).first()
    return {
        "products": _products("releases", product),
        "releases": [_release(one, where) for one in rows[:SHOWN]],
        "add_url": reverse("release-new", args=[add]) if add and allowed(user, "release.register") else "",
        "older_url": _address("releases", product=product, before=rows[SHOWN - 1].pk)
        if len(rows) > SHOWN
        else "",
        "newer_url": _address("releases", product=product) if before else "",
    }


def _release(one: Release, where: Mapping[int, list[Any]]) -> dict[str, Any]:
    artifacts = list(one.artifacts.all())
    known = bool(artifacts) and all(a.files is not None for a in artifacts)
    return {
        "url": reverse("release", args=[one.product.slug, one.version]),
        "product": one.product.name,
        "version": one.version,
        "status": one.status,
        "bad": one.bad,
        "commit": one.commit,
        "notes": one.notes,
        "running_in": [environment.name for environment in where.get(one.pk, [])],
        "files": sum(a.files or 0 for a in artifacts) if known else None,
        "bytes": sum(a.bytes or 0 for a in artifacts) if known else None,
        "at": one.created_at,
        "who": str(one.created_by),
    }
