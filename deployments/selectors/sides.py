"""The two halves of a side that is compared: of a release, or of what is known to run in an environment."""

from dataclasses import dataclass
from typing import Literal

from deployments.handlers_difference import Called, codes_of
from deployments.models import Artifact, Deployment, EnvironmentState, Fleet, Release
from deployments.planner import Side
from deployments.selectors.fleets import called_handlers, find_back_end, fleet_of, handlers_of, has_back_end
from deployments.selectors.releases import find_artifact, manifest_of, release_for
from products.models import ConfigRevision, Environment, Kind, Product
from products.selectors import environment_for
from users.models import User


@dataclass(frozen=True)
class Without:
    """A half that cannot be compared, because there is none, or because it is not known."""

    why: str
    known: bool


@dataclass(frozen=True)
class FrontEnd:
    """What is served, from which artifact; an environment's with the revision of its configuration.

    `lacks` names the environment on the other side when the release has no artifact for it.
    """

    side: Side
    target: str
    lacks: str = ""
    config: ConfigRevision | None = None


@dataclass(frozen=True)
class BackEnd:
    """The handlers of a release, or those that an environment calls, as `fleet` was last seen.

    `coming` is the deployment that changes them now.
    """

    release: Release
    called: Called
    fleet: Fleet | None = None
    coming: Deployment | None = None


@dataclass(frozen=True)
class Compared:
    """One side: its name in a sentence, and its halves."""

    kind: Literal["release", "environment"]
    name: str
    front: FrontEnd | Without
    back: BackEnd | Without
    environment: Environment | None = None

    @property
    def in_words(self) -> str:
        return f"release {self.name}" if self.kind == "release" else self.name


def sides_of(user: User, product: Product, names: tuple[str, str]) -> tuple[Compared, Compared]:
    """Both sides, each named `rel-1.0.0` or `env-test`. Raises Missing."""
    left, right = (_find(user, product, name) for name in names)
    return _side(left, right), _side(right, left)


def _find(user: User, product: Product, name: str) -> Release | Environment:
    kind, _, rest = name.partition("-")
    return environment_for(user, product.slug, rest) if kind == "env" else release_for(product, rest)


def _side(one: Release | Environment, beside: Release | Environment) -> Compared:
    if isinstance(one, Environment):
        return Compared("environment", one.name, _running_front(one), _running_back(one), one)
    environment = beside if isinstance(beside, Environment) else None
    return Compared("release", one.version, _front(one, environment), _back(one))


# Of a release


def _front(release: Release, environment: Environment | None) -> FrontEnd | Without:
    artifact = _artifact(release, environment)
    if artifact is None:
        return Without(f"Release {release.version} holds no front end.", known=True)
    fits = environment is None or find_artifact(release, environment) == artifact
    side = Side(release.version, manifest_of(artifact), {}, False)
    return FrontEnd(side, artifact.target, lacks="" if environment is None or fits else environment.name)


def _artifact(release: Release, environment: Environment | None) -> Artifact | None:
    """The one for the environment on the other side, else the one for all, else the first."""
    fitting = find_artifact(release, environment) if environment else None
    artifacts = {one.target: one for one in release.artifacts.all() if one.target != Artifact.BACKEND}
    return fitting or artifacts.get(Artifact.ANY) or next(iter(artifacts.values()), None)


def _back(release: Release) -> BackEnd | Without:
    artifact = find_back_end(release)
    if artifact is None:
        return Without(f"Release {release.version} holds no back end.", known=True)
    return BackEnd(release, Called(codes_of(handlers_of(artifact))))


# Of an environment


def _running_front(environment: Environment) -> FrontEnd | Without:
    states = EnvironmentState.objects.select_related(
        "running__release", "running__artifact", "running__config"
    )
    state = states.filter(environment=environment).first()
    running = state.running if state else None
    if running is None:
        why = f"No front end was deployed to {environment.name} yet, so it is not known what visitors get."
        return Without(why, known=False)
    artifact, config = running.front_end, running.config
    values = config.values if config else {}
    one_for_all = artifact.target == Artifact.ANY
    side = Side(running.release.version, manifest_of(artifact), values, one_for_all)
    return FrontEnd(side, artifact.target, config=config)


def _running_back(environment: Environment) -> BackEnd | Without:
    if not has_back_end(environment):
        return _no_back_end(environment)
    fleet = fleet_of(environment)
    called = called_handlers(fleet) if fleet else None
    if fleet is None or fleet.running is None or called is None:
        return _not_deployed(environment)
    return BackEnd(fleet.running.called, called, fleet, _coming(fleet))


def _coming(fleet: Fleet) -> Deployment | None:
    """The deployment that holds the functions now, if one does."""
    rows = Deployment.objects.select_related("release__product")
    return rows.filter(run__scopes__scope=fleet.scope).first()


def _no_back_end(environment: Environment) -> Without:
    name, account = environment.name, environment.backend_account
    if account is not None:
        why = f"It is not known which functions {name} calls in the account {account}: its settings name no prefix of them."
        return Without(why, known=False)
    if environment.kind == Kind.STATIC:
        return Without(f"{name} is a static site without a back end.", known=True)
    why = f"It is not known which back end {name} calls: its settings name no account for one."
    return Without(why, known=False)


def _not_deployed(environment: Environment) -> Without:
    functions, name = f"{environment.function_prefix}*", environment.name
    why = f"No back end was deployed to {name} yet, so it is not known which release its functions {functions} run."
    return Without(why, known=False)
