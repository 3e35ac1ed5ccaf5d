"""Any two releases or environments of a product, side by side."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from deployments.forms import CompareForm
from deployments.models import Artifact, EnvironmentState, Release
from deployments.pages.difference import difference
from deployments.planner import Side, config_diff, diff
from deployments.selectors.releases import manifest_of, release_for
from products.models import Environment, Product
from products.selectors import environment_for, product_for
from users.http import Request, page
from users.refusals import Missing

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
        context |= _compared(request, product, form.cleaned_data["left"], form.cleaned_data["right"])
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


def _compared(request: Request, product: Product, left: str, right: str) -> dict[str, Any]:
    one, one_shown = _side(request, product, left, right)
    other, other_shown = _side(request, product, right, left)
    files = diff(one.served(), other.served())
    config = config_diff(one.configuration, other.configuration)
    query = {"left": left, "right": right}
    shown = difference(
        files,
        config,
        everything=request.GET.get("files") == "all",
        all_url=f"?{urlencode(query | {'files': 'all'})}#files",
    )
    return shown | {
        "left": one_shown,
        "right": other_shown,
        "paths": None,
        "same": files.empty and not config,
        "swap_url": f"?{urlencode({'left': right, 'right': left})}",
    }


def _side(request: Request, product: Product, name: str, beside: str) -> tuple[Side, dict[str, str]]:
    kind, _, rest = name.partition("-")
    if kind == "env":
        return _running(environment_for(request.user, product.slug, rest))
    release = release_for(product, rest)
    artifact = _artifact(release, beside)
    shown = {"label": "Release", "version": release.version, "note": f"the artifact for {artifact.target}"}
    return Side(release.version, manifest_of(artifact), {}, False), shown


def _artifact(release: Release, beside: str) -> Artifact:
    """The artifact to compare: the one for the environment on the other side, else the one for all, else the first."""
    artifacts = {a.target: a for a in release.artifacts.all() if a.target != Artifact.BACKEND}
    for target in (beside.removeprefix("env-"), Artifact.ANY, *artifacts):
        if target in artifacts:
            return artifacts[target]
    raise Missing(f"{release} holds nothing to compare.")


def _running(environment: Environment) -> tuple[Side, dict[str, str]]:
    state = (
        EnvironmentState.objects.filter(environment=environment, running__isnull=False)
        .select_related("running__release__product", "running__artifact", "running__config")
        .first()
    )
    if state is None or state.running is None:
        raise Missing(f"Nothing runs in {environment} yet, so there is nothing to compare.")
    running = state.running
    config = running.config
    shown = {
        "label": environment.name,
        "version": running.release.version,
        "note": f"configuration revision {config.number}" if config else "no configuration",
    }
    one_for_all = running.front_end.target == Artifact.ANY
    values = config.values if config else {}
    return Side(running.release.version, manifest_of(running.front_end), values, one_for_all), shown
