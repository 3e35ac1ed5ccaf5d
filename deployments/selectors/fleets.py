"""Reading fleets, and the plan of a back end. No AWS call is made for it."""

from collections.abc import Mapping
from typing import Any, cast

from django.db.models import Count, Q, QuerySet

from deployments import fleet_planner
from deployments.fleet_planner import (
    Edit,
    FleetPlan,
    FleetSituation,
    Known,
    Left,
    Mode,
    Seen,
    Version,
    plan_fleet,
)
from deployments.handlers import Handler, Handlers
from deployments.handlers_difference import Called, called
from deployments.lambda_pace import full_rate
from deployments.models import (
    Artifact,
    Deployment,
    Fleet,
    HandlerChange,
    HandlerState,
    HandlerVersion,
    Release,
    StoredManifest,
)
from products.models import Environment

COMPARED = 10
"""Of so many artifacts of the product, the newest, it is known which zips hold equal files."""


def has_back_end(environment: Environment) -> bool:
    """Whether it is known which functions stand behind the environment's API."""
    return environment.backend_account_id is not None and bool(environment.function_prefix)


def fleet_of(environment: Environment) -> Fleet | None:
    """The functions behind an environment's API; None where they are not known, or nobody has worked on them yet."""
    if not has_back_end(environment):
        return None
    rows = Fleet.objects.select_related(
        "account", "run", "running__backend__release__product", "found__release"
    )
    return rows.filter(account=environment.backend_account_id, prefix=environment.function_prefix).first()


def sharing(environment: Environment) -> list[Environment]:
    """The other environments that call the same functions."""
    if not has_back_end(environment):
        return []
    others = Environment.objects.filter(
        backend_account=environment.backend_account_id, function_prefix=environment.function_prefix
    )
    return list(
        others.exclude(pk=environment.pk).select_related("product").order_by("product__name", "position")
    )


def api_origins(fleet: Fleet) -> list[str]:
    """The addresses of the APIs by which environments call the functions, each once."""
    callers = Environment.objects.filter(backend_account=fleet.account_id, function_prefix=fleet.prefix)
    found = callers.exclude(api_origin="").order_by("pk").values_list("api_origin", flat=True)
    return list(dict.fromkeys(found))


def find_back_end(release: Release) -> Artifact | None:
    """The release's artifact of handlers, if it has one."""
    return next((one for one in release.artifacts.all() if one.target == Artifact.BACKEND), None)


def handlers_done(deployment: Deployment) -> tuple[int, int]:
    """How many of the deployment's handlers have its code, of how many."""
    counted = deployment.handlers.aggregate(done=Count("pk", filter=Q(state="done")), total=Count("pk"))
    return counted["done"], counted["total"]


def mode_of(fleet: Fleet | None) -> Mode:
    """What the API was last seen to call; "unknown" as long as nobody has looked."""
    return cast(Mode, fleet.mode) if fleet else "unknown"


def handlers_of(artifact: Artifact) -> Handlers:
    """The handlers of an ingested artifact. One query; raises DoesNotExist when it has none."""
    return Handlers.from_bytes(bytes(StoredManifest.objects.get(artifact=artifact).body))


def fleet_plan(environment: Environment, artifact: Artifact, *, rollback: bool = False) -> FleetPlan:
    """What deploying these handlers would do to the environment's functions, as they were last seen."""
    fleet, handlers = fleet_of(environment), handlers_of(artifact)
    if fleet is None:
        return plan_fleet(FleetSituation(environment.function_prefix, "unknown", handlers, None))
    return plan_fleet(
        FleetSituation(
            prefix=fleet.prefix,
            mode=mode_of(fleet),
            handlers=handlers,
            seen=_seen(fleet.functions),
            known=_known(fleet),
            left=_left(fleet),
            content_of=_contents(artifact, fleet),
            versions=_versions(fleet),
            bindings=fleet.bindings,
            rollback=rollback,
            budget=environment.failure_budget,
            code_used=fleet.code_used,
            code_limit=fleet.code_limit,
            rate=full_rate(),
        )
    )


def edited_by_hand(fleet: Fleet) -> dict[str, tuple[Edit, ...]]:
    """By handler, what somebody changed since the console last left its function, as last seen."""
    seen, known = _seen(fleet.functions), _known(fleet)
    now = FleetSituation(fleet.prefix, mode_of(fleet), Handlers(()), seen, known, _left(fleet))
    return fleet_planner.edited_by_hand(now)


def _seen(functions: Mapping[str, Any] | None) -> dict[str, Seen] | None:
    return None if functions is None else {name: Seen(**fields) for name, fields in functions.items()}


def _known(fleet: Fleet) -> dict[str, Known]:
    fields = ("sha256", "version", "runtime", "memory", "architecture", "keys")
    return {row.pop("name"): Known(**row) for row in fleet.known.values("name", *fields)}


def _left(fleet: Fleet) -> dict[str, Left]:
    """By handler, what the last deployment that was to change it meant to leave, where it is not known how it left it."""
    last = HandlerChange.objects.filter(
        deployment__in=list(deployments_of(fleet).values_list("pk", flat=True)[:COMPARED])
    )
    newest = last.order_by("name", "-deployment_id").distinct("name")
    known = (HandlerState.DONE, HandlerState.RETURNED)
    rows = newest.values_list("name", "sha256", "version", "state")
    return {name: Left(sha256, version) for name, sha256, version, state in rows if state not in known}


def deployments_of(fleet: Fleet) -> QuerySet[Deployment]:
    """Those that carry a back end to the fleet, the newest first."""
    return Deployment.objects.filter(
        backend__isnull=False,
        environment__backend_account=fleet.account_id,
        environment__function_prefix=fleet.prefix,
    ).order_by("-id")


def _versions(fleet: Fleet) -> dict[tuple[str, str], Version]:
    rows = HandlerVersion.objects.filter(fleet=fleet, gone=False).order_by("number")
    return {
        (one.name, one.sha256): Version(
            number=str(one.number), runtime=one.runtime, memory=one.memory, keys=one.keys
        )
        for one in rows
    }


def _contents(artifact: Artifact, fleet: Fleet) -> dict[str, str]:
    """By sha256, what the zips hold that `known_zips` knows."""
    return {sha256: one.content for sha256, one in known_zips(artifact.release.product_id, fleet).items()}


def known_zips(product_id: int, fleet: Fleet) -> dict[str, Handler]:
    """By sha256, the zips of the product's newest artifacts, and of those that were deployed to the fleet last."""
    newest = Artifact.objects.filter(
        target=Artifact.BACKEND, release__product=product_id, stored__isnull=False
    ).order_by("-id")[:COMPARED]
    deployed = deployments_of(fleet).values_list("backend_id", flat=True)[:COMPARED]
    wanted = {one.pk for one in newest} | set(deployed)
    bodies = StoredManifest.objects.filter(artifact__in=wanted).values_list("body", flat=True)
    zips = (one for body in bodies for one in Handlers.from_bytes(bytes(body)).all)
    # Of code that was only found its files are not known; a release that brought the same zip tells them.
    return {one.sha256: one for one in sorted(zips, key=lambda one: one.content != one.sha256)}


def called_handlers(fleet: Fleet) -> Called | None:
    """What callers of the functions get, as last seen; None where it is not known which release runs.

    Other zips are looked up only when a function holds one that the release does not.
    """
    running = fleet.running
    if running is None or running.backend is None:
        return None
    now = FleetSituation(
        fleet.prefix,
        mode_of(fleet),
        handlers_of(running.backend),
        _seen(fleet.functions),
        bindings=fleet.bindings,
    )
    found = called(now, {})
    return called(now, known_zips(running.called.product_id, fleet)) if found.other else found
