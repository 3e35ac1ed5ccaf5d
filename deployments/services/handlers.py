"""The handlers of a deployment as rows: what shall happen to each, and what people decide about single ones."""

from collections.abc import Iterator

from deployments.fleet_planner import FleetPlan, HandlerPlan
from deployments.models import Artifact, Deployment, Fleet, HandlerChange, HandlerState, HandlerVersion
from deployments.selectors.fleets import handlers_of


def changes_of(
    deployment: Deployment, fleet: Fleet, artifact: Artifact, plan: FleetPlan
) -> Iterator[HandlerChange]:
    """A row for each handler that the plan changes, with what the plan saw of its function."""
    handlers = handlers_of(artifact).by_name
    versions = {(one.name, str(one.number)): one.sha256 for one in HandlerVersion.objects.filter(fleet=fleet)}
    for planned in plan.handlers:
        if planned.way != "none":
            # A version with equal files may come from another zip of them.
            sha256 = versions.get((planned.name, planned.version), planned.new_sha256)
            yield HandlerChange(
                deployment=deployment,
                name=planned.name,
                sha256=sha256,
                architecture=handlers[planned.name].architecture,
                before=_before(fleet, planned),
                version=planned.version,
                state=HandlerState.READY if planned.version else HandlerState.PENDING,
            )


def _before(fleet: Fleet, planned: HandlerPlan) -> dict[str, str]:
    seen = (fleet.functions or {})[planned.name]
    return {name: seen[name] for name in ("sha256", "live", "live_sha256")}
