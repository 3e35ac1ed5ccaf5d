"""Looking whether an environment's way back is open, without changing anything."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from deployments.models import Artifact, Readiness
from deployments.selectors.deployments import state_of
from deployments.selectors.fleets import fleet_of
from deployments.selectors.releases import manifest_of
from deployments.selectors.ways_back import WayBack, ways_back
from deployments.steps.archived import lost_files
from deployments.steps.fleets.reach import open_fleet
from deployments.steps.fleets.readiness import CodePlace, lost_handlers
from deployments.wording import listed
from products.door import aws_step, open_account
from products.models import Environment, Purpose
from runs.steps import Done, StepContext, Wait


@aws_step
def look(context: StepContext) -> Done | Wait:
    """See, as the roles that only read, whether every object and version is there that a rollback would need."""
    row = Readiness.objects.select_related(
        "environment__product__artifact_account", "environment__product__handler_account"
    ).get(run=context.run)
    began = timezone.now()
    ways = ways_back(row.environment, state_of(row.environment))
    seen = [_seen(context, row.environment, way) for way in ways]
    with context.transaction():
        _save(row, seen, began)
    return Done({"ways": len(seen), "missing": sum(len(way["files"]) + len(way["handlers"]) for way in seen)})


def _seen(context: StepContext, environment: Environment, way: WayBack) -> dict[str, Any]:
    halves = way.halves
    return {
        "half": way.half,
        "to": way.release.version,
        "files": _missing_files(context, environment, halves.front) if halves.front else [],
        "handlers": _missing_handlers(context, environment, halves.back) if halves.back else [],
    }


def _missing_files(context: StepContext, environment: Environment, artifact: Artifact) -> list[str]:
    product = environment.product
    door = open_account(context, product.artifact_account, Purpose.READ)
    lost = lost_files(door, product, artifact, manifest_of(artifact))
    return (
        [f"Missing from the archive {product.artifact_bucket}, or changed there: {listed(lost)}."]
        if lost
        else []
    )


def _missing_handlers(context: StepContext, environment: Environment, artifact: Artifact) -> list[str]:
    fleet = fleet_of(environment)
    if fleet is None:
        return [
            "The back end is not known any more: its account or function prefix was taken out of the settings."
        ]
    door = open_fleet(context, fleet.account, Purpose.READ)
    places = [CodePlace(door, environment.code_bucket)]
    keeper = environment.product.handler_account
    if keeper and environment.product.handler_bucket != environment.code_bucket:
        kept = open_account(context, keeper, Purpose.READ)
        places.append(CodePlace(kept, environment.product.handler_bucket))
    return lost_handlers(context, door, fleet, environment, artifact, places)


def _save(row: Readiness, seen: list[dict[str, Any]], began: datetime) -> None:
    changed = {"changed_at": timezone.now()} if seen != row.ways else {}
    Readiness.objects.filter(pk=row.pk).update(ways=seen, seen_at=began, **changed)
