"""What the rollback page shows: to which releases one may go back, and what that changes."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from deployments.forms import RollbackForm
from deployments.models import EnvironmentState
from deployments.pages import plan as parts
from deployments.pages.handlers import half_pills, handlers_section, skew
from deployments.pages.way_back import missing_of
from deployments.planner import Plan
from deployments.selectors.deployments import running_back_end
from deployments.selectors.fleets import has_back_end
from deployments.selectors.plans import FRONT_END, HALVES, plan_with
from deployments.selectors.ways_back import WayBack, WaysBack
from products.models import Environment
from users.http import Request

OFFERED, MOST = 8, 500
PICKS = ("Errors went up", "A page does not work", "Wrong release", "Wrong configuration")


def rollback_page(
    request: Request, environment: Environment, state: EnvironmentState, form: RollbackForm
) -> dict[str, Any]:
    """The context of the rollback page. The chosen release is the one asked for, else the last good one."""
    half = half_asked(request)
    ways = WaysBack(environment, state, half)
    default = ways.default()
    candidates = ways.newest(MOST if request.GET.get("all") == "1" else OFFERED)
    asked = form.data.get("version") or request.GET.get("version", "")
    chosen = next((one for one in candidates if one.release.version == asked), default)
    slug = environment.product.slug
    context = {
        **parts.place(environment, ways.running),
        "running": ways.leaving.version if ways.leaving else "",
        "crumbs": [
            (environment.product.name, reverse("product", args=[slug])),
            (environment.name, reverse("environment", args=[slug, environment.name])),
            ("Roll back", ""),
        ],
        "halves": half_pills(half, {}, offered=_two_halves(environment, state)),
        "choices": [_choice(one, chosen, default, ways) for one in candidates],
        "all_url": "" if len(candidates) < OFFERED else _address(half, all="1"),
        "picks": PICKS,
        "form": form,
        "refused": "",
    }
    if chosen is None:
        return context | {"choice": "", "refused": _nothing(candidates)}
    return context | _chosen(request, environment, state, chosen, form)


def half_asked(request: Request) -> str:
    """The one half that is asked for; "" for whatever was deployed together."""
    asked = request.POST.get("half") or request.GET.get("half", "")
    return asked if asked in HALVES else ""


def _two_halves(environment: Environment, state: EnvironmentState) -> bool:
    return (
        state.running is not None and has_back_end(environment) and running_back_end(environment) is not None
    )


def _address(half: str, **more: str) -> str:
    return f"?{urlencode({**({'half': half} if half else {}), **more})}"


def _nothing(candidates: list[WayBack]) -> str:
    if candidates:
        return "A rollback left each of the releases that were live here. Choose the one to go back to all the same."
    return "No other release was live here and is still good. Promote a release instead."


def _choice(one: WayBack, chosen: WayBack | None, default: WayBack | None, ways: WaysBack) -> dict[str, Any]:
    return {
        "version": one.release.version,
        "checked": chosen is not None and one.release == chosen.release,
        "disabled": False,
        "last_good": default is not None and one.release == default.release,
        "bad": one.release.bad,
        "when": f"live since {one.goal.live_at:%d %b %H:%M} UTC" if one.goal and one.goal.live_at else "",
        "text": ("A later rollback left it. " if ways.was_left(one) else "") + _origin(one),
    }


def _origin(one: WayBack) -> str:
    """Why it once came here; of what was found, what it is."""
    if one.goal is None:
        return one.release.notes
    beside = f", with the back end {one.other_back_end}" if one.other_back_end else ""
    return f"“{one.goal.reason[:120]}”, {one.goal.who}{beside}"


def _choice_note(chosen: WayBack) -> str:
    if chosen.goal is None:
        return "was there before the console's first deployment"
    beside = f"; the back end goes to {chosen.other_back_end}" if chosen.other_back_end else ""
    return f"was live here, by {chosen.goal.who}{beside}"


def _chosen(
    request: Request,
    environment: Environment,
    state: EnvironmentState,
    chosen: WayBack,
    form: RollbackForm,
) -> dict[str, Any]:
    configs = _configs(environment, chosen, form.data.get("config") or request.GET.get("config", ""))
    then = any(name == "then" and picked for name, _, picked in configs)
    half = half_asked(request)
    plan = plan_with(
        environment,
        chosen.release,
        chosen.goal.config if then and chosen.goal else environment.config,
        chosen.halves,
        state=state,
        rollback=True,
    )
    form.bind_to(plan.digest)
    missing = missing_of(environment, state, half, chosen.release.version)
    gates = parts.checks(
        request.user, environment, chosen.release, state, "deployment.rollback", plan, missing
    )
    return {
        "choice": chosen.release.version,
        "choice_note": _choice_note(chosen),
        **_in_short(environment, state, plan),
        "configs": configs if plan.front else [],
        "config_changes": plan.config,
        "front": plan.front,
        "handlers": _handlers(request, plan, chosen, half),
        "warnings": plan.fleet.warnings if plan.fleet else (),
        "missing": missing,
        "skew": _skew(environment, state, half, chosen, plan),
        "checks": gates,
        "unchanged": parts.unchanged(environment, plan),
        "refused": _refused(gates),
    }


def _in_short(environment: Environment, state: EnvironmentState, plan: Plan) -> dict[str, Any]:
    leaving = state.running if plan.front else running_back_end(environment)
    who = "visitors no longer get" if plan.front else "the API no longer calls"
    version = (leaving.release if plan.front else leaving.called).version if leaving else ""
    return {
        "estimate": parts.estimate(plan, parts.usual(plan, rollback=True)),
        "loses": f"{who} {version}" if leaving else "",
        "writes": _writes(plan),
    }


def _handlers(request: Request, plan: Plan, chosen: WayBack, half: str) -> dict[str, Any] | None:
    if plan.fleet is None:
        return None
    query = {"version": chosen.release.version, **({"half": half} if half else {})}
    return handlers_section(plan.fleet, query, everything=request.GET.get("handlers") == "all")


def _skew(environment: Environment, state: EnvironmentState, half: str, chosen: WayBack, plan: Plan) -> str:
    """One half alone is only said of environments that have two, or where a half came that does not go back."""
    if not _two_halves(environment, state):
        return ""
    if not half and plan.fleet is None and state.running and state.running.backend_id:
        half = FRONT_END
    running = state.running.release.version if state.running else ""
    return skew(half, chosen.release.version, running=running)


def _writes(plan: Plan) -> str:
    """What has to be done for it."""
    written = len(plan.files.changed) + len(plan.files.added)
    files = f"at most {written} files are written, the others are still in place" if plan.front else ""
    fleet = plan.fleet
    calls = f"{fleet.calls} calls for {len(fleet.to_change)} handlers" if fleet else ""
    return "; ".join(part for part in (calls, files) if part)


def _configs(environment: Environment, chosen: WayBack, asked: str) -> list[tuple[str, str, bool]]:
    """Which configuration: the present one, or the one that release ran with, where they differ."""
    now, then = environment.config, chosen.goal.config if chosen.goal else None
    if now is None or then is None or now.pk == then.pk:
        return []
    return [
        ("now", f"revision {now.number}, as the environment is configured now", asked != "then"),
        ("then", f"revision {then.number}, as {chosen.release.version} ran with", asked == "then"),
    ]


def _refused(gates: list[parts.Check]) -> str:
    unmet = [gate for gate in gates if gate["met"] == "no"]
    return f"{unmet[0]['text']}. {unmet[0]['why']}" if unmet else ""
