"""What the rollback page shows: to which releases one may go back, and what that changes."""

from typing import Any

from django.urls import reverse

from deployments.forms import RollbackForm
from deployments.models import Deployment, EnvironmentState
from deployments.pages import plan as parts
from deployments.planner import Plan
from deployments.selectors.deployments import good_deployments, last_good
from deployments.selectors.plans import HALVES, plan_with
from deployments.services.promote import halves_back
from products.models import Environment
from users.http import Request

OFFERED = 8
PICKS = ("Errors went up", "A page does not work", "Wrong release", "Wrong configuration")


def rollback_page(
    request: Request, environment: Environment, state: EnvironmentState, form: RollbackForm
) -> dict[str, Any]:
    """The context of the rollback page. The chosen release is the one asked for, else the last good one."""
    running = state.running
    default = last_good(environment, running)
    candidates = _candidates(environment, running, everything=request.GET.get("all") == "1")
    asked = form.data.get("version") or request.GET.get("version", "")
    chosen = next((one for one in candidates if one.release.version == asked), default)
    slug = environment.product.slug
    context = {
        **parts.place(environment, state),
        "crumbs": [
            (environment.product.name, reverse("product", args=[slug])),
            (environment.name, reverse("environment", args=[slug, environment.name])),
            ("Roll back", ""),
        ],
        "estimate": parts.estimate(),
        "choices": [_choice(one, chosen, default) for one in candidates],
        "all_url": "" if len(candidates) < OFFERED else f"{request.path}?all=1",
        "picks": PICKS,
        "form": form,
        "refused": "",
    }
    if chosen is None:
        return context | {"choice": "", "refused": _nothing(candidates)}
    return context | _chosen(request, environment, state, chosen, form)


def _nothing(candidates: list[Deployment]) -> str:
    if candidates:
        return "A rollback left each of the releases that were live here. Choose the one to go back to all the same."
    return "No other release was live here and is still good. Promote a release instead."


def _candidates(
    environment: Environment, running: Deployment | None, *, everything: bool
) -> list[Deployment]:
    """One deployment per release, the newest of each, without what runs now."""
    found: dict[int, Deployment] = {}
    for one in good_deployments(environment)[: 500 if everything else 60]:
        if running is None or one.release_id != running.release_id:
            found.setdefault(one.release_id, one)
    return list(found.values())[: None if everything else OFFERED]


def _choice(one: Deployment, chosen: Deployment | None, default: Deployment | None) -> dict[str, Any]:
    assert one.live_at is not None
    return {
        "version": one.release.version,
        "checked": chosen is not None and one.release_id == chosen.release_id,
        "disabled": False,
        "last_good": default is not None and one.release_id == default.release_id,
        "bad": one.release.bad,
        "when": f"live since {one.live_at:%d %b %H:%M} UTC",
        "text": ("A later rollback left it. " if one.rolled_away else "")
        + f"“{one.reason[:120]}”, {one.actor}",
    }


def _chosen(
    request: Request,
    environment: Environment,
    state: EnvironmentState,
    chosen: Deployment,
    form: RollbackForm,
) -> dict[str, Any]:
    configs = _configs(environment, chosen, form.data.get("config") or request.GET.get("config", ""))
    then = any(name == "then" and picked for name, _, picked in configs)
    half = str(form["half"].value() or "")
    plan = plan_with(
        environment,
        chosen.release,
        chosen.config if then else environment.config,
        halves_back(chosen, half if half in HALVES else ""),
        state=state,
        rollback=True,
    )
    leaving = state.running.release.version if state.running else ""
    form.bind_to(plan.digest)
    return {
        "choice": chosen.release.version,
        "choice_note": f"was live here, by {chosen.actor}",
        "loses": f"visitors no longer get {leaving}" if leaving else "",
        "writes": _writes(plan),
        "configs": configs,
        "config_changes": plan.config,
        "checks": parts.checks(request.user, environment, chosen.release, state, "deployment.rollback"),
        "unchanged": parts.unchanged(environment, plan),
        "refused": _refused(request, environment, chosen, state),
    }


def _writes(plan: Plan) -> str:
    written = len(plan.files.changed) + len(plan.files.added)
    return f"at most {written} files are written, the others are still in place"


def _configs(environment: Environment, chosen: Deployment, asked: str) -> list[tuple[str, str, bool]]:
    """Which configuration: the present one, or the one that release ran with, where they differ."""
    now, then = environment.config, chosen.config
    if now is None or then is None or now.pk == then.pk:
        return []
    return [
        ("now", f"revision {now.number}, as the environment is configured now", asked != "then"),
        ("then", f"revision {then.number}, as {chosen.release.version} ran with", asked == "then"),
    ]


def _refused(request: Request, environment: Environment, chosen: Deployment, state: EnvironmentState) -> str:
    gates = parts.checks(request.user, environment, chosen.release, state, "deployment.rollback")
    unmet = [gate for gate in gates if gate["met"] == "no"]
    return f"{unmet[0]['text']}. {unmet[0]['why']}" if unmet else ""
