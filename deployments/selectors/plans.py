"""The plan of a deployment, from rows alone. No AWS call is made for it."""

from collections.abc import Mapping

from deployments.manifest import Manifest
from deployments.models import Artifact, EnvironmentState, Release
from deployments.planner import Plan, Side, Situation, make_plan
from deployments.refusals import BadRelease
from deployments.selectors.deployments import state_of
from deployments.selectors.releases import artifact_for, manifests_of
from products.models import ConfigRevision, Environment
from users.refusals import WrongState


def plan_for(
    environment: Environment,
    release: Release,
    *,
    state: EnvironmentState | None = None,
) -> Plan:
    """What deploying `release` here would change, with the environment's present configuration.

    Raises BadRelease, NoArtifact or WrongState when it cannot be deployed at all.
    """
    return plan_with(environment, release, environment.config, state=state)


def plan_with(
    environment: Environment,
    release: Release,
    revision: ConfigRevision | None,
    *,
    state: EnvironmentState | None = None,
) -> Plan:
    """As `plan_for`, with this configuration; None is none at all."""
    check_deployable(release)
    artifact = artifact_for(release, environment)
    state = state or state_of(environment)
    running = state.running
    manifests = manifests_of([artifact, *([running.front_end] if running else [])])
    return make_plan(
        Situation(
            environment=environment.name,
            kind="static" if environment.kind == "static" else "app",
            settings_revision=environment.settings_revision,
            running=_side(running.release, running.front_end, running.config, manifests) if running else None,
            wanted=_side(release, artifact, revision, manifests),
            configuration_revision=revision.number if revision else None,
            observation=state.observation,
            backend_known=environment.kind == "static" or bool(environment.api_origin),
        )
    )


def check_deployable(release: Release) -> None:
    """Raise unless the release is ready and not marked bad."""
    if release.bad:
        raise BadRelease(f"{release} is marked bad: {release.bad_reason} It cannot be deployed anywhere.")
    if release.status == "ingesting":
        raise WrongState(f"{release} is still being checked. Wait until it is ready.")
    if release.status != "ready":
        raise BadRelease(f"{release} was rejected. Its page says why; register it again once that is mended.")


def _side(
    release: Release, artifact: Artifact, config: ConfigRevision | None, manifests: Mapping[int, Manifest]
) -> Side:
    return Side(
        version=release.version,
        manifest=manifests[artifact.pk],
        configuration=config.values if config else {},
        one_for_all=artifact.target == Artifact.ANY,
    )
