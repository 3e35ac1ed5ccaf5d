"""How fast the handlers of a deployment move: four numbers, the time left by the calls that AWS allows now."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from aws.bucket import Unreachable
from deployments.fleet_planner import UNDER_WAY, seconds_left, waves
from deployments.lambda_pace import full_rate, pace_of, rate_in_words
from deployments.models import Deployment, HandlerState
from deployments.pages.grid import Grid, grid_of
from deployments.pages.status import seconds_of
from deployments.selectors.deployments import deployments
from products.models import Account
from runs.models import RunState, StepState
from runs.selectors import ShownStep

CALLS = {"prepare": 2, "switch-handlers": 1}
"""Control-plane calls that a step needs for one handler: an update and a publication, or the switch (or the update)."""
STEPS = (*CALLS, "verify-handlers")
OVER = (StepState.DONE, StepState.SKIPPED)
LATELY = 10
"""Seconds within which the rate is measured."""


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
        *_pace(deployment, grid, steps, current),
    ]


def _pace(
    deployment: Deployment, grid: Grid, steps: list[ShownStep], current: ShownStep | None
) -> list[dict[str, Any]]:
    """Rate and time, by the queue that all workers share."""
    if not deployment.run.is_active:
        took = seconds_of(deployment)
        return [
            {
                "label": "Calls made",
                "kind": "count",
                "value": sum(one.row.writes for one in steps),
                "note": "that changed something",
            },
            {"label": "Took", "kind": "duration", "value": took, "note": "from the click to the end"},
        ]
    others = [one.usual_seconds for one in steps if one.row.state not in OVER and one.row.name not in STEPS]
    rest = sum(seconds or 0 for seconds in others)
    account = deployment.environment.backend_account
    assert account is not None
    try:
        allowed = pace_of(account).rate()
    except Unreachable:
        unknown = {"kind": "text", "value": "not known", "note": "Redis does not answer"}
        return [{"label": "Rate", **unknown}, {"label": "Time left", **unknown}]
    calling = seconds_left(grid.calls_left, _calls_of_others(deployment, account), allowed)
    watching = _watching(deployment, grid)
    return [_rate(deployment, current, allowed), _time(calling + watching + rest, allowed, watching)]


def _watching(deployment: Deployment, grid: Grid) -> float:
    """Seconds for which waves are still to be watched, where callers get `$LATEST`."""
    if grid.mode != "latest" or grid.returning:
        return 0.0
    wait = (deployment.run.wake_at - timezone.now()).total_seconds()
    left = [one.name for one in grid.squares if one.state in UNDER_WAY]
    rows = deployment.handlers
    planned = rows.filter(wave__gt=0).exists()
    due = rows.filter(name__in=left).values("wave").distinct().count() if planned else len(waves(left))
    return max(0.0, wait) + due * float(settings.CONSOLE_WAVE_SECONDS)


def _calls_of_others(deployment: Deployment, account: Account) -> list[int]:
    """Calls left of the other deployments under way in the same account and Region: each gets an equal share."""
    active = deployments().filter(
        run__state__in=(RunState.QUEUED, RunState.RUNNING),
        backend__isnull=False,
        environment__backend_account=account,
    )
    grids = [grid_of(other) for other in active.exclude(pk=deployment.pk)]
    return [grid.calls_left for grid in grids if grid]


def _rate(deployment: Deployment, current: ShownStep | None, allowed: float) -> dict[str, Any]:
    """Calls per second lately, of a step that makes them."""
    calls = CALLS.get(current.row.name) if current else None
    since = min(LATELY, current.seconds or 0) if current else 0
    moved = (
        deployment.handlers.filter(changed_at__gt=Now() - timedelta(seconds=since)).count() if since else 0
    )
    slow = allowed <= full_rate() - 0.1
    slowed = f"; slowed to {allowed:.1f}, because AWS throttled" if slow else ""
    return {
        "label": "Rate",
        "kind": "rate",
        "value": moved * calls / since if calls and since else 0.0,
        "note": f"calls per second; {rate_in_words()}{slowed}",
    }


def _time(left: float, allowed: float, watching: float) -> dict[str, Any]:
    if left < 1:
        return {"label": "Time left", "kind": "text", "value": "a moment", "note": "no more calls are needed"}
    watched = f", {watching:.0f} s of them watching waves" if watching else ""
    note = f"at least, by {allowed:.3g} calls per second{watched}"
    return {"label": "Time left", "kind": "duration", "value": left, "note": note}
