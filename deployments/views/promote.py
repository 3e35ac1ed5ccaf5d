"""The plan page, the rollback page, and the clicks on them."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from deployments.forms import DeployForm, RollbackForm, show_refusal
from deployments.models import Deployment, EnvironmentState, Release
from deployments.pages import plan as page_parts
from deployments.pages.difference import difference
from deployments.pages.handlers import half_pills, handlers_section, skew
from deployments.pages.rollback import half_asked, rollback_page
from deployments.planner import Plan
from deployments.refusals import StalePlan
from deployments.selectors.deployments import deployment_for, running_back_end, state_of, was_live_in
from deployments.selectors.fleets import find_back_end, has_back_end
from deployments.selectors.plans import plan_for
from deployments.selectors.releases import find_artifact, release_for
from deployments.selectors.ways_back import WaysBack
from deployments.services import promote as services
from deployments.services.mark_bad import mark_bad
from products.models import Environment
from products.selectors import environment_for
from runs.services import Busy
from users.actions import allowed, permit
from users.http import Request, page
from users.refusals import Refused


@page(permission="estate.view", methods=("GET", "POST"))
def promote(request: Request, slug: str, name: str, version: str) -> HttpResponse:
    """What promoting `version` here will change, and the click."""
    environment = environment_for(request.user, slug, name)
    release = release_for(environment.product, version)
    if request.method == "POST":
        permit(services.promote, actor=request.user, environment=environment, release=release)
    form = _form(request, environment, release)
    note, status = None, 200
    if request.method == "POST" and form.is_valid():
        try:
            deployment = services.promote(
                actor=request.user, environment=environment, release=release, **form.cleaned_data
            )
        except Refused as refusal:
            if running := _same_click(refusal, release):
                return redirect("deployment", running.pk)
            note, status = _note(refusal), refusal.status
            show_refusal(form, refusal) if note is None else None
        else:
            return redirect("deployment", deployment.pk)
    elif form.is_bound:
        status = 422
    return render(
        request, "deployments/plan.html", _page(request, environment, release, form, note), status=status
    )


def _form(request: Request, environment: Environment, release: Release) -> DeployForm:
    needed = environment.requires
    past = needed is not None and not was_live_in(release, needed)
    override = past and allowed(request.user, "deployment.override")
    return DeployForm(
        request.POST or None,
        environment=environment,
        override=override,
        initial={"half": half_asked(request)},
    )


def _same_click(refusal: Refused, release: Release) -> Deployment | None:
    """A double click finds its own deployment under way: show that one."""
    if not isinstance(refusal, Busy) or not refusal.details.get("running"):
        return None
    running = deployment_for(refusal.details["running"])
    return running if running.release_id == release.pk else None


def _note(refusal: Refused) -> dict[str, Any] | None:
    """The note at the top when the situation changed under the person's hands."""
    if isinstance(refusal, StalePlan):
        return {
            "kind": "warn",
            "icon": "warn",
            "first": "The plan you saw no longer holds.",
            "second": "This is the new one. Nothing was started; your reason is kept.",
        }
    if isinstance(refusal, Busy):
        running = refusal.details.get("running")
        acts = [("Watch it", reverse("deployment", args=[running]))] if running else []
        return {
            "kind": "warn",
            "icon": "wait",
            "first": "Somebody was faster.",
            "second": refusal.text,
            "acts": acts,
        }
    return None


def _page(
    request: Request, environment: Environment, release: Release, form: DeployForm, note: Any
) -> dict[str, Any]:
    state, half = state_of(environment), half_asked(request)
    plan = plan_for(environment, release, state=state, wanted=half)
    gates = page_parts.checks(request.user, environment, release, state, "deployment.promote", plan)
    form.bind_to(plan.digest)
    return {
        **_in_short(environment, release, plan, state),
        **_halves(environment, release, half, state),
        **_difference(request, plan, state, environment),
        "crumbs": [
            (environment.product.name, reverse("product", args=[environment.product.slug])),
            (environment.name, reverse("environment", args=[environment.product.slug, environment.name])),
            (f"Promote {release.version}", ""),
        ],
        "paths": plan.invalidation,
        "warnings": plan.warnings,
        "unchanged": page_parts.unchanged(environment, plan),
        "checks": gates,
        "checks_met": sum(gate["met"] == "yes" for gate in gates),
        "checks_total": len(gates),
        "form": form,
        "digest": plan.digest,
        "made_at": timezone.now(),
        "refused": _refused(gates, form),
        "note": note,
    }


def _in_short(
    environment: Environment, release: Release, plan: Plan, state: EnvironmentState
) -> dict[str, Any]:
    """The four numbers on top."""
    running = state.running if plan.front else running_back_end(environment)
    usual = page_parts.usual(plan)
    return {
        **page_parts.place(environment, running),
        **({} if plan.front or running is None else {"running": running.called.version}),
        "version": release.version,
        "wanted_note": f"added by {release.created_by}",
        **page_parts.to_copy(plan),
        "estimate": page_parts.estimate(plan, usual),
        "usual": usual,
    }


def _halves(environment: Environment, release: Release, half: str, state: EnvironmentState) -> dict[str, Any]:
    both = find_back_end(release) is not None and find_artifact(release, environment) is not None
    running = state.running.release.version if state.running else ""
    return {
        "halves": half_pills(half, {}, offered=both and has_back_end(environment)),
        "skew": skew(half, release.version, running=running) if both else "",
    }


def _difference(
    request: Request, plan: Plan, state: EnvironmentState, environment: Environment
) -> dict[str, Any]:
    running = state.running.config.number if state.running and state.running.config else None
    wanted = environment.config.number if environment.config else None
    query = {"half": half_asked(request)} if half_asked(request) else {}
    return {
        **difference(
            plan.files,
            plan.config,
            everything=request.GET.get("files") == "all",
            all_url=f"?{urlencode({**query, 'files': 'all'})}#files",
            deleted=plan.deleted,
        ),
        "front": plan.front,
        "handlers": handlers_section(plan.fleet, query, everything=request.GET.get("handlers") == "all")
        if plan.fleet
        else None,
        "config_note": page_parts.config_note(running, wanted),
    }


def _refused(gates: list[page_parts.Check], form: DeployForm) -> str:
    """Why the button is not offered. What may be overridden in the form does not count."""
    unmet = [gate for gate in gates if gate["met"] == "no"]
    if "override" in form.fields:
        unmet = [gate for gate in unmet if not gate["text"].startswith("It was not live")]
    return f"{unmet[0]['text']}. {unmet[0]['why']}" if unmet else ""


@page(permission="estate.view", methods=("GET", "POST"))
def rollback(request: Request, slug: str, name: str) -> HttpResponse:
    """Back to an older release: the last good one preselected."""
    environment = environment_for(request.user, slug, name)
    if request.method == "POST":
        permit(services.rollback, actor=request.user, environment=environment)
    state = state_of(environment)
    leaving = WaysBack(environment, state, half_asked(request)).leaving
    offered = (
        leaving.version if leaving and allowed(request.user, "release.mark_bad") and not leaving.bad else ""
    )
    form = RollbackForm(
        request.POST or None,
        environment=environment,
        leaving=offered,
        initial={"half": half_asked(request)},
    )
    note, status = None, 200
    if request.method == "POST" and form.is_valid():
        try:
            deployment = _roll_back(request, environment, form.cleaned_data, leaving)
        except Refused as refusal:
            note, status = _note(refusal), refusal.status
            show_refusal(form, refusal) if note is None else None
        else:
            return redirect("deployment", deployment.pk)
    elif form.is_bound:
        status = 422
    context = rollback_page(request, environment, state_of(environment), form) | {"note": note}
    return render(request, "deployments/rollback.html", context, status=status)


def _roll_back(
    request: Request, environment: Environment, given: dict[str, Any], leaving: Release | None
) -> Deployment:
    version = request.POST.get("version", "")
    release = release_for(environment.product, version) if version else None
    deployment = services.rollback(
        actor=request.user,
        environment=environment,
        release=release,
        reason=given["reason"],
        plan_digest=given["plan_digest"] or None,
        confirm=given.get("confirm", ""),
        then_config=request.POST.get("config") == "then",
        half=given["half"],
    )
    if given.get("bad") and leaving is not None:
        mark_bad(actor=request.user, release=leaving, bad=True, reason=given["reason"])
    return deployment
