"""Reading deployments: loaders, the last good one, the timeline of an environment."""

from django.db.models import Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from deployments.models import Deployment, EnvironmentState, Release
from deployments.selectors.fleets import fleet_of
from products.models import Environment
from runs.models import RunState, StepState
from users.refusals import Missing

POINTERS = ("running", "live", "active", "failed")
"""The deployments that an environment's state points at."""

LOOKED_AT = 200
"""So many earlier deployments are looked through for the last good one."""


def deployments() -> QuerySet[Deployment]:
    """All deployments with what every page shows of one."""
    return Deployment.objects.select_related(
        "environment__product",
        "release__product",
        "artifact",
        "actor",
        "config",
        "run",
        "previous__release",
    )


def deployment_for(pk: int) -> Deployment:
    """The deployment, or Missing in words."""
    found = deployments().filter(pk=pk).first()
    if found is None:
        raise Missing(f"There is no deployment {pk}.")
    return found


def state_of(environment: Environment) -> EnvironmentState:
    """What runs in an environment; an empty state when nothing ever did.

    Two queries, because the database takes longer to plan one that joins four deployments with all of theirs.
    """
    state = EnvironmentState.objects.filter(environment=environment).first()
    if state is None:
        return EnvironmentState(environment=environment)
    ids = {name: getattr(state, f"{name}_id") for name in POINTERS}
    rows = Deployment.objects.select_related(
        "release__product", "artifact", "config", "run", "actor", "previous"
    )
    found = rows.in_bulk({pk for pk in ids.values() if pk is not None})
    for name, pk in ids.items():
        setattr(state, name, found.get(pk))
    return state


def timeline(environment: Environment, *, before: int | None = None, limit: int = 30) -> list[Deployment]:
    """What was deployed here, newest first, from below the deployment id `before`. Keyset paged."""
    found = deployments().filter(environment=environment)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-id")[:limit])


def good_deployments(environment: Environment) -> QuerySet[Deployment]:
    """What a rollback of the front end may go back to, newest first: once live here, of a release that is not bad."""
    return (
        deployments()
        .filter(environment=environment, live_at__isnull=False, release__bad=False, artifact__isnull=False)
        .prefetch_related("release__artifacts")
        .order_by("-id")
    )


def good_back_ends(environment: Environment) -> QuerySet[Deployment]:
    """What a rollback of the back end may go back to, newest first."""
    return (
        deployments()
        .filter(environment=environment, live_at__isnull=False, backend__release__bad=False)
        .select_related("backend__release__product")
        .order_by("-id")
    )


def running_back_end(environment: Environment) -> Deployment | None:
    """The deployment whose code the environment's API calls."""
    fleet = fleet_of(environment)
    return fleet.running if fleet else None


def last_good(environment: Environment, running: Deployment | None) -> Deployment | None:
    """The newest good deployment before the running one, of another release, not itself rolled away from."""
    return last_of(good_deployments(environment), running)


def last_of(
    found: QuerySet[Deployment], running: Deployment | None, *, back_end: bool = False
) -> Deployment | None:
    """As `last_good`, among these, which are ordered newest first; with `back_end` by what became of their back ends."""
    if running is not None:
        own = {"backend__release": running.called} if back_end else {"release": running.release_id}
        found = found.filter(pk__lt=running.pk).exclude(**own)
    newest: dict[int, Deployment] = {}
    for one in found[:LOOKED_AT]:
        left = one.back_end_left if back_end else one.rolled_away
        release = one.called.pk if back_end else one.release_id
        if newest.setdefault(release, one) is one and not left:
            return one
    return None


def was_live_in(release: Release, environment: Environment) -> bool:
    """Whether visitors of `environment` were ever seen to get `release`."""
    return Deployment.objects.filter(environment=environment, release=release, live_at__isnull=False).exists()


def is_switched(deployment: Deployment) -> bool:
    """Whether all its entry points were written; not, when it stopped in the middle of them."""
    return deployment.run.steps.filter(name="switch", state=StepState.DONE).exists()


def unseen_before(deployment: Deployment) -> list[Deployment]:
    """Earlier deployments of the environment that ended before visitors were seen to get them, since the last live one.

    What they wrote over, the edge was perhaps never asked to forget.
    """
    live = EnvironmentState.objects.filter(pk=deployment.environment_id).values("live_id")
    after = Coalesce(Subquery(live), 0)
    earlier = Deployment.objects.filter(environment=deployment.environment_id, pk__lt=deployment.pk)
    return list(earlier.filter(pk__gt=after, artifact__isnull=False))


def wrote_after(deployment: Deployment) -> Deployment | None:
    """The newest later deployment of the environment that began to write entry points or wrote over files, if any."""
    later = deployments().filter(environment=deployment.environment, pk__gt=deployment.pk)
    return later.filter(Q(switched_at__isnull=False) | ~Q(replaced=[])).order_by("-id").first()


def switched_after(deployment: Deployment) -> Deployment | None:
    """The newest later deployment that may have changed functions of the same fleet, if any."""
    environment = deployment.environment
    later = deployments().filter(
        backend__isnull=False,
        environment__backend_account=environment.backend_account_id,
        environment__function_prefix=environment.function_prefix,
        pk__gt=deployment.pk,
    )
    begun = later.filter(run__steps__name__in=("prepare", "switch-handlers"), run__steps__claims__gt=0)
    return begun.order_by("-id").first()


def scopes_of(environment: Environment, carried: tuple[bool, bool]) -> list[str]:
    """What a deployment to the environment holds: nobody else changes its rows, nor what its halves write to.

    `carried` says whether it carries the front end and the back end.
    """
    front, back = carried
    scopes = [environment.scope]
    if front:
        scopes.append(f"bucket:{environment.bucket}")
    if front and environment.distribution_id:
        scopes.append(f"distribution:{environment.distribution_id}")
    if back and environment.backend_account:
        account = environment.backend_account
        scopes.append(f"fleet:{account.aws_id}/{account.region}/{environment.function_prefix}")
    return scopes


def running_deployment_of(run: int) -> Deployment | None:
    """The deployment whose Run it is, if it is one's."""
    return Deployment.objects.filter(run=run).first()


def active_deployments() -> QuerySet[Deployment]:
    return deployments().filter(run__state__in=[RunState.QUEUED, RunState.RUNNING]).order_by("-id")
