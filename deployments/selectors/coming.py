"""What may be promoted to an environment next: a release with its front end, and a release of which the back end goes alone."""

from collections.abc import Collection, Iterator

from deployments.models import Deployment, DeploymentKind, EnvironmentState, Fleet, Release
from deployments.selectors.deployments import running_back_end, state_of
from deployments.selectors.fleets import fleet_of, has_back_end
from deployments.selectors.releases import deployable_to, with_back_end
from products.models import Environment, Kind


def is_newer(release: int, running: int | None, left: Collection[int] = ()) -> bool:
    """Newer than what runs, by when it was registered, and not what was rolled away from, which a person may still
    choose. All are ids of releases."""
    return (running is None or release > running) and release not in left


def coming_release(environment: Environment, state: EnvironmentState) -> Release | None:
    """The release to promote here next, if any is newer than what visitors get.

    It is what is live in the environment before; where none is required, else the newest one that holds
    something for this environment.
    """
    source = environment.requires or _one_before(environment)
    live = state_of(source).live if source else None
    if live and _is_newer_front(live.release, state) and not live.release.bad:
        return live.release
    if environment.requires or not environment.distribution_id:
        return None
    newest = deployable_to(environment).first()
    return newest if newest and _is_newer_front(newest, state) else None


def _is_newer_front(release: Release, state: EnvironmentState) -> bool:
    running = state.running
    if running is None:
        return True
    left = running.previous if running.kind == DeploymentKind.ROLLBACK else None
    return is_newer(release.pk, running.release_id, (left.release_id,) if left else ())


def coming_back_end(environment: Environment, front: Release | None) -> Release | None:
    """The release whose back end is to be promoted here next, alone, if any is newer than what the API calls.

    It is what the environment before calls, if that went live there; where none is required, else the newest one with
    a back end. None when it is `front`, of which both halves go.
    """
    if not has_back_end(environment):
        return None
    fleet = fleet_of(environment)
    running = fleet.running.called.pk if fleet and fleet.running else None
    left = rolled_away(fleet) if fleet else frozenset()
    newer = (one for one in _back_ends_for(environment) if is_newer(one.pk, running, left))
    found = next(newer, None)
    return None if found == front else found


def _back_ends_for(environment: Environment) -> Iterator[Release]:
    source = environment.requires or _one_before(environment)
    if source and (called := _went_live_in(source)):
        yield called
    if environment.requires is None:
        yield from with_back_end(environment.product)[:1]


def _went_live_in(environment: Environment) -> Release | None:
    """What its API calls, if that went live by a deployment to it, which the way to the next environment asks for."""
    called = running_back_end(environment)
    if called is None or called.environment_id != environment.pk or called.live_at is None:
        return None
    return None if called.called.bad or called.called.found else called.called


def rolled_away(fleet: Fleet) -> frozenset[int]:
    """The newer releases whose back ends were deployed before the rollback that runs; none when no rollback runs."""
    running = fleet.running
    if running is None or running.kind != DeploymentKind.ROLLBACK:
        return frozenset()
    before = Deployment.objects.filter(
        backend__isnull=False,
        environment__backend_account=fleet.account_id,
        environment__function_prefix=fleet.prefix,
        backend__release__gt=running.called.pk,
        pk__lt=running.pk,
    )
    return frozenset(before.values_list("backend__release_id", flat=True))


def _one_before(environment: Environment) -> Environment | None:
    if environment.kind != Kind.APP:
        return None
    apps = environment.product.environments.filter(kind=Kind.APP, position__lt=environment.position)
    return apps.order_by("-position").first()
