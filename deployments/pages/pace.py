"""How fast the handlers of a deployment move: four numbers, the time left by the calls that AWS allows."""

from typing import Any

from deployments.fleet_planner import CALLS_PER_SECOND
from deployments.models import Deployment, HandlerState
from deployments.pages.grid import Grid
from deployments.pages.status import seconds_of
from runs.models import StepState
from runs.selectors import ShownStep

STEPS = ("prepare", "switch-handlers", "verify-handlers")
OVER = (StepState.DONE, StepState.SKIPPED)


def is_about_handlers(deployment: Deployment, current: ShownStep | None) -> bool:
    """Whether the numbers are those of handlers: of a back end alone, or while a step works on them."""
    return deployment.artifact_id is None or (current is not None and current.row.name in STEPS)


def handler_numbers(
    deployment: Deployment, grid: Grid, steps: list[ShownStep], current: ShownStep | None
) -> list[dict[str, Any]]:
    """Handlers, calls left, calls per second, and time."""
    preparing = current is not None and current.row.name == "prepare" and grid.mode == "alias"
    reached = [HandlerState.DONE, HandlerState.READY] if preparing else [HandlerState.DONE]
    done = sum(grid.counts[state] for state in reached)
    return [
        {
            "label": "Handlers",
            "kind": "count",
            "value": done,
            "of": len(grid),
            "now": done,
            "most": len(grid),
            "note": "prepared, nothing is live yet" if preparing else "have the new code",
        },
        {"label": "Calls left", "kind": "count", "value": grid.calls_left, "note": "to Lambda"},
        {
            "label": "Rate",
            "kind": "rate",
            "value": _rate(current, grid, preparing=preparing),
            "note": f"calls per second; AWS allows {CALLS_PER_SECOND}",
        },
        _time(deployment, grid, steps),
    ]


def _rate(current: ShownStep | None, grid: Grid, *, preparing: bool) -> float | None:
    """Calls per second of the step under way: an update and a publication to prepare a handler, else one call."""
    if current is None or current.row.name not in STEPS or not current.seconds or not current.row.done:
        return None
    return current.row.done * (2 if preparing else 1) / current.seconds


def _time(deployment: Deployment, grid: Grid, steps: list[ShownStep]) -> dict[str, Any]:
    if not deployment.run.is_active:
        took = seconds_of(deployment)
        return {"label": "Took", "kind": "duration", "value": took, "note": "from the click to the end"}
    others = [one.usual_seconds for one in steps if one.row.state not in OVER and one.row.name not in STEPS]
    return {
        "label": "Time left",
        "kind": "duration",
        "value": grid.seconds_left + sum(seconds or 0 for seconds in others),
        "note": f"at least, by {CALLS_PER_SECOND} calls per second",
    }
