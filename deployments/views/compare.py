"""Any two releases or environments of a product, side by side."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from deployments.forms import CompareForm
from deployments.models import Release
from deployments.pages.compare import compare_page
from products.models import Product
from products.selectors import product_for
from users.http import Request, page

OFFERED = 200


@page(permission="estate.view")
def compare(request: Request, slug: str) -> HttpResponse:
    """What differs between two releases, or between what two environments run."""
    product = product_for(request.user, slug)
    form = CompareForm(request.GET or None, sides=_sides(product))
    context: dict[str, Any] = {
        "product": product,
        "form": form,
        "crumbs": [(product.name, reverse("product", args=[slug])), ("Compare", "")],
    }
    if request.GET.get("left") and request.GET.get("right") and form.is_valid():
        context |= compare_page(request.user, product, request.GET)
    elif form.is_bound:
        context["unknown"] = _unknown(product, form, request.GET)
        context["form"] = CompareForm(initial=_offered(product, request.GET), sides=_sides(product))
    else:
        context["form"] = CompareForm(initial=_offered(product, {}), sides=_sides(product))
    return render(request, "deployments/compare.html", context, status=404 if context.get("unknown") else 200)


def _unknown(product: Product, form: CompareForm, asked: Mapping[str, str]) -> str:
    """Which of the sides that were asked for cannot be compared, in words; "" when one is only missing."""
    unknown = [_named(asked[side]) for side in form.errors if asked.get(side)]
    if not unknown:
        return ""
    return f"{product} has no {' and no '.join(unknown)} to compare. Choose among those offered."


def _offered(product: Product, asked: Mapping[str, str]) -> dict[str, str]:
    """What was asked for; a side that was not is another one than its neighbour."""
    names = [name for name, _ in _sides(product)]
    left = asked.get("left") or next((name for name in names if name != asked.get("right")), "")
    right = asked.get("right") or next((name for name in names if name != left), "")
    return {"left": left, "right": right}


def _named(side: str) -> str:
    kind, _, name = side.partition("-")
    words = {"env": f"environment {name}", "rel": f"release {name} that is ready"}
    return words.get(kind, f"side {side!r}")[:100]


def _sides(product: Product) -> list[tuple[str, str]]:
    environments = product.environments.order_by("position").values_list("name", flat=True)
    versions = Release.objects.filter(product=product, status="ready").order_by("-id")
    return [
        *((f"env-{name}", f"What runs in {name}") for name in environments),
        *(
            (f"rel-{version}", f"Release {version}")
            for version in versions.values_list("version", flat=True)[:OFFERED]
        ),
    ]
