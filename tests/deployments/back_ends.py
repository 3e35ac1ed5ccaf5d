"""Back ends as rows: fleets that were looked at, releases with handlers, deployments that change them."""

from collections.abc import Collection, Mapping
from dataclasses import asdict

from django.utils import timezone

from deployments.fleet_planner import Seen
from deployments.handlers import Handlers
from deployments.models import (
    Artifact,
    Deployment,
    EnvironmentState,
    Fleet,
    HandlerChange,
    HandlerState,
    KnownFunction,
    Release,
    ReleaseStatus,
    StoredManifest,
)
from deployments.services.promote import promote
from products.models import Environment, Product
from runs.models import RunState
from tests.deployments.rows import end, environment, estate, ready
from tests.users.rows import visitor
from users.models import User

NAMES = ("orders-create", "orders-get", "users-get")


def put_fleet(
    place: Environment, functions: Mapping[str, Seen], mode: str = "alias", **fields: object
) -> Fleet:
    """The environment's fleet as just looked at, left by the console as it is seen."""
    qualifier = "live" if mode == "alias" else ""
    fleet, _ = Fleet.objects.update_or_create(
        account=place.backend_account,
        prefix=place.function_prefix,
        defaults={
            "mode": mode,
            "functions": {name: asdict(one) for name, one in functions.items()},
            "bindings": dict.fromkeys(functions, qualifier),
            "code_used": 3_000_000_000,
            "code_limit": 80_530_636_800,
            "observed_at": timezone.now(),
            **fields,
        },
    )
    KnownFunction.objects.bulk_create(
        KnownFunction(
            fleet=fleet,
            name=name,
            sha256=one.sha256,
            runtime=one.runtime,
            memory=one.memory,
            architecture=one.architecture,
            keys=list(one.keys or ()),
            version=one.live,
        )
        for name, one in functions.items()
    )
    return fleet


def add_back_end(release: Release, handlers: Handlers) -> Artifact:
    """These handlers as the release's artifact for the back end."""
    artifact = Artifact.objects.create(
        release=release,
        target=Artifact.BACKEND,
        sha256="b" * 64,
        files=len(handlers),
        bytes=handlers.size,
        manifest_digest=handlers.digest,
    )
    StoredManifest.objects.create(artifact=artifact, body=handlers.to_bytes())
    return artifact


def back_end_only(product: Product, version: str, by: User, handlers: Handlers) -> Release:
    """A release that is ready and holds nothing but handlers."""
    release = Release.objects.create(
        product=product, version=version, created_by=by, status=ReleaseStatus.READY
    )
    add_back_end(release, handlers)
    return release


def goes_live(deployment: Deployment) -> Deployment:
    """As its Run would have left one of the back end alone that ended well: its handlers are what the API calls."""
    end(deployment, RunState.SUCCEEDED)
    Deployment.objects.filter(pk=deployment.pk).update(live_at=timezone.now())
    place = deployment.environment
    fleets = Fleet.objects.filter(account=place.backend_account, prefix=place.function_prefix)
    fleets.update(running=deployment)
    EnvironmentState.objects.filter(environment=place).update(active=None)
    return deployment


def called(place: Environment, release: Release, by: User) -> Deployment:
    """The release's back end, promoted alone and live."""
    asked = {"reason": "Set up.", "confirm": place.name, "override": "Set up.", "half": "backend"}
    return goes_live(promote(actor=by, environment=place, release=release, **asked))


def failed_deployment(by: User, names: Collection[str] = NAMES) -> Deployment:
    """One of a back end in test, whose first handler failed, so that it was put back with the others."""
    from tests.deployments import fleets

    product = estate()
    test = environment(product, "test")
    put_fleet(test, fleets.fleet(names))
    release = back_end_only(product, "2.0.0", by, fleets.release(names, "2"))
    deployment = promote(
        actor=by, environment=test, release=release, reason="Try.", override="Only the back end."
    )
    end(deployment, RunState.FAILED)
    rows = HandlerChange.objects.filter(deployment=deployment)
    rows.update(state=HandlerState.RETURNED, version="2")
    rows.filter(name=min(names)).update(version="", error="AWS could not take over its code.")
    Deployment.objects.filter(pk=deployment.pk).update(returning=True)
    deployment.refresh_from_db()
    return deployment


def partly_live(by: User, names: Collection[str] = NAMES) -> Deployment:
    """The same with a failure that the environment's budget allows: the others have the new code."""
    deployment = failed_deployment(by, names)
    rows = HandlerChange.objects.filter(deployment=deployment)
    rows.filter(error="").update(state=HandlerState.DONE)
    rows.exclude(error="").update(state=HandlerState.FAILED)
    Deployment.objects.filter(pk=deployment.pk).update(returning=False, partial=True)
    Fleet.objects.update(running=deployment)
    deployment.refresh_from_db()
    return deployment


def read(user: User, address: str) -> str:
    page = visitor(user).get(address)
    assert page.status_code == 200, page.status_code
    return " ".join(page.text.split())


def both(product: Product, version: str, by: User, handlers: Handlers) -> None:
    """A release of front end and back end."""
    add_back_end(ready(product, version, by), handlers)
