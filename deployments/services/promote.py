"""Promote and roll back: a wish becomes a Deployment with its Run, bound to the plan the person saw."""

from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from audit.services import record
from deployments.models import Deployment, DeploymentKind, EnvironmentState, Release
from deployments.planner import Plan
from deployments.refusals import NoArtifact, OutOfOrder, StalePlan
from deployments.selectors.deployments import (
    good_deployments,
    last_good,
    running_deployment_of,
    scopes_of,
    state_of,
    was_live_in,
)
from deployments.selectors.plans import plan_with
from deployments.selectors.releases import artifact_for
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
) -> Deployment:
    """Deploy `release` to `environment` as its plan says.

    `plan_digest` binds the wish to the plan that was shown; `confirm` is the environment's name where it is
    protected; `override` a reason to go past the promotion path. Raises Invalid, Busy, StalePlan, BadRelease,
    NoArtifact or OutOfOrder, and then nothing was started.
    """
    _check_words(environment, reason, confirm)
    state = _lock(environment)
    _check_path(actor, state.environment, release, override)
    config = state.environment.config
    return _deploy(DeploymentKind.PROMOTE, actor, state, release, reason, config, plan_digest, override)


@action("deployment.rollback", permission="deployment.rollback")
def rollback(
    *,
    actor: User,
    environment: Environment,
    reason: str,
    release: Release | None = None,
    plan_digest: str | None = None,
    confirm: str = "",
    then_config: bool = False,
) -> Deployment:
    """Go back to `release`, or without one to the last good one.

    The configuration is the present one, or with `then_config` the one that release last ran with here.
    Raises as `promote` does; NoArtifact when there is nothing to go back to.
    """
    _check_words(environment, reason, confirm)
    state = _lock(environment)
    goal = rollback_goal(environment, state, release)
    config = goal.config if then_config else state.environment.config
    return _deploy(DeploymentKind.ROLLBACK, actor, state, goal.release, reason, config, plan_digest, "")


def rollback_goal(environment: Environment, state: EnvironmentState, release: Release | None) -> Deployment:
    """The earlier deployment a rollback would repeat.

    Raises NoArtifact in words when there is none, WrongState for the release that runs.
    """
    if release is None:
        goal = last_good(environment, state.running)
        if goal is None:
            raise NoArtifact(
                f"{environment} has no earlier good release to roll back to. Promote a release to it instead."
            )
        return goal
    if state.running and state.running.release_id == release.pk:
        raise WrongState(f"{release} is what runs in {environment}. To write it again, promote it.")
    goal = good_deployments(environment).filter(release=release).first()
    if goal is None:
        raise NoArtifact(
            f"{release} is no release to roll {environment} back to: it was never live there, or is marked bad. "
            "Promote it instead."
        )
    return goal


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


def _deploy(
    kind: DeploymentKind,
    actor: User,
    state: EnvironmentState,
    release: Release,
    reason: str,
    config: ConfigRevision | None,
    plan_digest: str | None,
    override: str,
) -> Deployment:
    environment = state.environment
    run = _start(actor, environment, release, kind)
    plan = plan_with(environment, release, config, state=state)
    if plan_digest is not None and plan_digest != plan.digest:
        raise StalePlan(
            f"{environment} changed since this plan was made, so it no longer holds. Nothing was started; look at the new plan."
        )
    deployment = Deployment.objects.create(
        environment=environment,
        release=release,
        artifact=artifact_for(release, environment),
        previous=state.running,
        kind=kind,
        reason=reason,
        override=override,
        actor=actor,
        config=config,
        run=run,
        plan=_kept(plan),
        digest=plan.digest,
    )
    Run.objects.filter(pk=run.pk).update(url=reverse("deployment", args=[deployment.pk]))
    EnvironmentState.objects.filter(pk=state.pk).update(active=deployment, changed_at=Now())
    _on_record(deployment, plan)
    return deployment


def _start(actor: User, environment: Environment, release: Release, kind: DeploymentKind) -> Run:
    verb = "Roll back" if kind == DeploymentKind.ROLLBACK else "Promote"
    title = f"{verb} {environment} to {release.version}"
    try:
        return start(kind="deployment", title=title, scopes=scopes_of(environment), actor=actor)
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
    parts = [f"{added} {'file' if added == 1 else 'files'} added, {changed} changed"]
    if values:
        parts.append(f"{values} configuration {'value' if values == 1 else 'values'} changed")
    return f"Started {deployment.in_words}: {', '.join(parts)}."
