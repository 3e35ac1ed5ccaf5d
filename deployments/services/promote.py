"""Promote and roll back: a wish becomes a Deployment with its Run, bound to the plan the person saw."""

from dataclasses import dataclass

from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from audit.services import record
from deployments.models import (
    Deployment,
    DeploymentKind,
    EnvironmentState,
    Fleet,
    HandlerChange,
    Release,
)
from deployments.planner import Plan
from deployments.refusals import NoArtifact, OutOfOrder, StalePlan
from deployments.selectors.deployments import (
    running_deployment_of,
    scopes_of,
    state_of,
    was_live_in,
)
from deployments.selectors.plans import Halves, check_deployable, halves_of, plan_with
from deployments.selectors.ways_back import WayBack, WaysBack
from deployments.services.handlers import changes_of
from products.models import ConfigRevision, Environment
from runs.models import Run
from runs.services import Busy, start
from users.actions import action, allowed
from users.models import User
from users.permissions import who_may
from users.refusals import Invalid, WrongState

MOST_FILES_KEPT = 200


@action("deployment.promote", permission="deployment.promote")
def promote(
    *,
    actor: User,
    environment: Environment,
    release: Release,
    reason: str,
    plan_digest: str | None = None,
    confirm: str = "",
    override: str = "",
    half: str = "",
) -> Deployment:
    """Deploy `release` to `environment` as its plan says.

    `plan_digest` binds the wish to the plan that was shown; `confirm` is the environment's name where it is
    protected; `override` a reason to go past the promotion path; `half` is `frontend` or `backend` when only one shall
    go. Raises Invalid, Busy, StalePlan, BadRelease, NoArtifact, OutOfOrder or WrongState, and then nothing was started.
    """
    _check_words(environment, reason, confirm)
    state = _lock(environment)
    _check_path(actor, state.environment, release, override)
    check_deployable(release)
    wish = Wanted(
        DeploymentKind.PROMOTE, release, halves_of(release, state.environment, half), reason, override
    )
    return _deploy(actor, state, wish, state.environment.config, plan_digest)


@action("deployment.rollback", permission="deployment.rollback")
def rollback(
    *,
    actor: User | None,
    environment: Environment,
    reason: str,
    release: Release | None = None,
    plan_digest: str | None = None,
    confirm: str = "",
    then_config: bool = False,
    half: str = "",
) -> Deployment:
    """Go back to `release`, or without one to the last good one; with `half` only its front end or its back end.

    `actor` None is the console itself. The configuration is the present one, or with `then_config` the one that release last ran with here.
    Raises as `promote` does; NoArtifact when there is nothing to go back to.
    """
    _check_words(environment, reason, confirm)
    state = _lock(environment)
    way = way_back(environment, state, release, half)
    config = way.goal.config if then_config and way.goal else state.environment.config
    wish = Wanted(DeploymentKind.ROLLBACK, way.release, way.halves, reason)
    return _deploy(actor, state, wish, config, plan_digest)


def way_back(
    environment: Environment, state: EnvironmentState, release: Release | None, half: str = ""
) -> WayBack:
    """Where a rollback goes: to this release, or without one to the last good one.

    Raises NoArtifact in words when it cannot, WrongState for the release that runs.
    """
    ways = WaysBack(environment, state, half)
    if release is not None and ways.leaving == release:
        raise WrongState(f"{release} is what runs in {environment}. To write it again, promote it.")
    way = ways.to(release) if release else ways.default()
    if way is None:
        raise NoArtifact(_no_way(environment, release))
    return way


def _no_way(environment: Environment, release: Release | None) -> str:
    if release is None:
        return (
            f"{environment} has no earlier good release that no rollback left. Name the version to go back to all the "
            "same, or promote a release."
        )
    return (
        f"{release} is no release to roll {environment} back to: it was never live there, or is marked bad. "
        "Promote it instead."
    )


def _check_words(environment: Environment, reason: str, confirm: str) -> None:
    errors: dict[str, list[str]] = {}
    if not reason.strip():
        errors["reason"] = ["Say why; the reason goes on record."]
    if environment.protected and confirm != environment.name:
        errors["confirm"] = [f"{environment} is protected: type its name, {environment.name}, to go on."]
    if errors:
        raise Invalid(" ".join(text for texts in errors.values() for text in texts), errors=errors)


def _lock(environment: Environment) -> EnvironmentState:
    """The environment's state, read again with both rows locked: two clicks, or a click and an edit of the
    environment's settings, are looked at one after the other."""
    EnvironmentState.objects.get_or_create(environment=environment)
    rows = Environment.objects.select_for_update(of=("self",)).select_related("product", "config", "requires")
    locked = rows.get(pk=environment.pk)
    EnvironmentState.objects.select_for_update().get(environment=locked)
    state = state_of(locked)
    state.environment = locked
    return state


def _check_path(actor: User, environment: Environment, release: Release, override: str) -> None:
    needed = environment.requires
    if needed is None or was_live_in(release, needed):
        return
    if not override.strip():
        raise OutOfOrder(
            f"{release} was not live in {needed.name} yet, and {environment.name} requires that. "
            f"Promote it to {needed.name} first; {who_may('deployment.override')} may override this with a reason."
        )
    if not allowed(actor, "deployment.override"):
        raise OutOfOrder(
            f"Only {who_may('deployment.override')} may promote past {needed.name}. The try is on record."
        )


@dataclass(frozen=True)
class Wanted:
    """What is asked for: which halves of which release, as a promotion or a rollback, and why."""

    kind: DeploymentKind
    release: Release
    halves: Halves
    reason: str
    override: str = ""


def _deploy(
    actor: User | None,
    state: EnvironmentState,
    wish: Wanted,
    config: ConfigRevision | None,
    plan_digest: str | None,
) -> Deployment:
    environment, halves = state.environment, wish.halves
    fleet = _lock_fleet(environment) if halves.back else None
    run = _start(actor, environment, wish, fleet)
    rollback = wish.kind == DeploymentKind.ROLLBACK
    plan = plan_with(environment, wish.release, config, halves, state=state, rollback=rollback)
    if plan.blockers:
        raise WrongState(plan.blockers[0])
    if plan_digest is not None and plan_digest != plan.digest:
        raise StalePlan(
            f"{environment} changed since this plan was made, so it no longer holds. Nothing was started; look at the new plan."
        )
    deployment = Deployment.objects.create(
        environment=environment,
        release=wish.release,
        artifact=halves.front,
        backend=halves.back,
        previous=state.running,
        kind=wish.kind,
        reason=wish.reason,
        override=wish.override,
        actor=actor,
        config=config,
        run=run,
        plan=_kept(plan),
        digest=plan.digest,
    )
    if fleet and halves.back and plan.fleet:
        HandlerChange.objects.bulk_create(changes_of(deployment, fleet, halves.back, plan.fleet))
    Run.objects.filter(pk=run.pk).update(url=reverse("deployment", args=[deployment.pk]))
    EnvironmentState.objects.filter(pk=state.pk).update(active=deployment, changed_at=Now())
    _on_record(deployment, plan)
    return deployment


def _lock_fleet(environment: Environment) -> Fleet:
    account, prefix = environment.backend_account, environment.function_prefix
    assert account is not None
    Fleet.objects.get_or_create(account=account, prefix=prefix)
    rows = Fleet.objects.select_for_update(of=("self",)).select_related("account")
    return rows.get(account=account, prefix=prefix)


RECIPES = {
    (True, False): "deployment",
    (False, True): "back-end",
    (True, True): "release-set",
}
"""The kind of Run by what is carried: front end, back end. A rollback of both goes the other way round."""


def _start(actor: User | None, environment: Environment, wish: Wanted, fleet: Fleet | None) -> Run:
    verb = "Roll back" if wish.kind == DeploymentKind.ROLLBACK else "Promote"
    title = f"{verb} {environment} to {wish.release.version}"
    carried = wish.halves.front is not None, wish.halves.back is not None
    kind = "release-set-back" if all(carried) and wish.kind == DeploymentKind.ROLLBACK else RECIPES[carried]
    try:
        return start(kind=kind, title=title, scopes=scopes_of(environment, carried), actor=actor)
    except Busy as busy:
        running = running_deployment_of(busy.details["run"])
        busy.details["running"] = running.pk if running else None
        raise


def _kept(plan: Plan) -> dict[str, object]:
    """The plan as it is kept with the deployment: whole, but of each list of files the first 200."""
    kept = plan.as_json()
    for name in ("added", "changed", "removed_from_manifest"):
        files = kept[name]
        assert isinstance(files, list)
        kept[f"{name}_count"] = len(files)
        kept[name] = files[:MOST_FILES_KEPT]
    return {**kept, "created_at": timezone.now().isoformat()}


def _on_record(deployment: Deployment, plan: Plan) -> None:
    record(
        actor=deployment.actor,
        action=f"deployment.{deployment.kind}",
        product=deployment.environment.product.slug,
        environment=deployment.environment.name,
        subject=str(deployment),
        subject_url=reverse("deployment", args=[deployment.pk]),
        summary=_sentence(deployment, plan),
        reason=deployment.reason,
        before={"version": plan.running},
        after={
            "version": plan.wanted,
            "plan": plan.digest,
            "configuration": deployment.config.number if deployment.config else None,
            **({"override": deployment.override} if deployment.override else {}),
        },
        run=deployment.run_id,
    )


def _sentence(deployment: Deployment, plan: Plan) -> str:
    """ "Started the promotion of 1.1.0 to Tim-Combo test: 4 files added, 2 changed." How it ended is an event of its own."""
    added, changed, values = len(plan.files.added), len(plan.files.changed), len(plan.config)
    parts = [f"{added} {'file' if added == 1 else 'files'} added, {changed} changed"] if plan.front else []
    if plan.fleet:
        handlers = len(plan.fleet.to_change)
        parts.append(f"{handlers} {'handler' if handlers == 1 else 'handlers'} changed")
    if values:
        parts.append(f"{values} configuration {'value' if values == 1 else 'values'} changed")
    return f"Started {deployment.in_words}: {', '.join(parts)}."
