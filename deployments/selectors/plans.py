"""The plan of a deployment, from rows alone. No AWS call is made for it."""

from collections.abc import Mapping
from dataclasses import dataclass

from deployments.manifest import Manifest
from deployments.models import Artifact, EnvironmentState, Release
from deployments.planner import Plan, Side, Situation, make_plan
from deployments.refusals import BadRelease, NoArtifact
from deployments.selectors.deployments import state_of
from deployments.selectors.fleets import find_back_end, fleet_plan, has_back_end
from deployments.selectors.releases import artifact_for, find_artifact, manifests_of
from products.models import ConfigRevision, Environment
from users.refusals import WrongState

FRONT_END, BACK_END = "frontend", "backend"
HALVES = (FRONT_END, BACK_END)


@dataclass(frozen=True)
class Halves:
    """What of a release goes to an environment: its front end, its back end, or both."""

    front: Artifact | None
    back: Artifact | None


def halves_of(release: Release, environment: Environment, wanted: str = "") -> Halves:
    """Both where the release holds both for the environment, or the one half that is `wanted`.

    Raises NoArtifact in words when the release holds nothing of what is wanted, was only found, or the back end is not
    known.
    """
    if release.found:
        raise NoArtifact(
            f"{release} is what the console found before its first deployment. Nobody can promote it, only roll back to it."
        )
    back = find_back_end(release)
    if wanted == FRONT_END:
        return Halves(artifact_for(release, environment), None)
    if wanted == BACK_END and back is None:
        raise NoArtifact(
            f"{release} holds no back end. Register a release with an artifact for {Artifact.BACKEND}."
        )
    if wanted == BACK_END and not has_back_end(environment):
        raise NoArtifact(
            f"The back end of {environment} is not known: it has no account or function prefix. An admin fills them in "
            "in the environment's settings."
        )
    if not has_back_end(environment):
        back = None
    front = None if wanted == BACK_END else find_artifact(release, environment)
    if front is None and back is None:
        artifact_for(release, environment)
    return Halves(front, back)


def plan_for(
    environment: Environment,
    release: Release,
    *,
    state: EnvironmentState | None = None,
    wanted: str = "",
) -> Plan:
    """What deploying `release` here would change, with the environment's present configuration.

    Raises BadRelease, NoArtifact or WrongState when it cannot be deployed at all.
    """
    check_deployable(release)
    halves = halves_of(release, environment, wanted)
    return plan_with(environment, release, environment.config, halves, state=state)


def plan_with(
    environment: Environment,
    release: Release,
    revision: ConfigRevision | None,
    halves: Halves,
    *,
    state: EnvironmentState | None = None,
    rollback: bool = False,
) -> Plan:
    """As `plan_for`, with this configuration, none being None, and these halves."""
    check_deployable(release)
    state = state or state_of(environment)
    running = state.running
    artifacts = [one for one in (halves.front, running.front_end if running else None) if one]
    manifests = manifests_of(artifacts)
    return make_plan(
        Situation(
            environment=environment.name,
            kind="static" if environment.kind == "static" else "app",
            settings_revision=environment.settings_revision,
            version=release.version,
            running=_side(running.release, running.front_end, running.config, manifests) if running else None,
            wanted=_side(release, halves.front, revision, manifests) if halves.front else None,
            configuration_revision=revision.number if revision else None,
            observation=state.observation,
            backend_known=environment.kind == "static" or bool(environment.api_origin),
            fleet=fleet_plan(environment, halves.back, rollback=rollback) if halves.back else None,
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
