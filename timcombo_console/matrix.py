"""What runs where, for the first page: one query for all environments, one for the steps under way."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse

from deployments.selectors.releases import deployable
from products.models import Environment, Kind
from runs.models import RunStep, StepState
from runs.selectors import usual_seconds
from runs.steps import recipe_of
from timcombo_console.cells import Cell

OVER = (StepState.DONE, StepState.SKIPPED)
STATE = "state__"
COLUMNS = {
    "slug": "product__slug",
    "product_name": "product__name",
    "domain": "product__domain",
    "running_id": f"{STATE}running_id",
    "running_version": f"{STATE}running__release__version",
    "running_release": f"{STATE}running__release_id",
    "running_kind": f"{STATE}running__kind",
    "running_at": f"{STATE}running__created_at",
    "running_who": f"{STATE}running__actor__display_name",
    "changed_at": f"{STATE}changed_at",
    "running_before": f"{STATE}running__previous__release__version",
    "live_id": f"{STATE}live_id",
    "live_version": f"{STATE}live__release__version",
    "live_release": f"{STATE}live__release_id",
    "live_bad": f"{STATE}live__release__bad",
    "active_id": f"{STATE}active_id",
    "active_version": f"{STATE}active__release__version",
    "active_who": f"{STATE}active__actor__display_name",
    "active_run": f"{STATE}active__run_id",
    "active_state": f"{STATE}active__run__state",
    "failed_id": f"{STATE}failed_id",
    "failed_version": f"{STATE}failed__release__version",
    "failed_run": f"{STATE}failed__run_id",
    "failed_at": f"{STATE}failed__run__ended_at",
}
OWN = ("id", "name", "kind", "position", "protected", "distribution_id", "requires_id", "product_id")

Place = dict[str, Any]
"""One environment with what runs in it: the columns above by name."""


@dataclass(frozen=True)
class Progress:
    """How far an active or failed Run is: steps done, their number, the present step's name, seconds left."""

    step: int
    steps: int
    name: str
    seconds_left: float | None


def places() -> list[Place]:
    """Every environment with its state, in the order of the page. One query, whatever the number of deployments."""
    columns: dict[str, Any] = {name: F(path) for name, path in COLUMNS.items()}
    newest = (
        deployable()
        .filter(product=OuterRef("product_id"))
        .values(found=JSONObject(id="id", version="version"))
    )
    columns["newest"] = Subquery(newest[:1])
    ordered = Environment.objects.order_by("product__name", "product_id", "position")
    return list(ordered.values(*OWN, **columns))


def progress_of(rows: Sequence[Place]) -> dict[int, Progress]:
    """By Run id, how far the active and failed ones are. At most two queries, none when nothing is active or failed."""
    runs = [row[key] for row in rows for key in ("active_run", "failed_run") if row[key]]
    if not runs:
        return {}
    labels, usual = _labels(), usual_seconds("deployment")
    steps: dict[int, list[tuple[str, str]]] = {}
    found = RunStep.objects.filter(run__in=runs).order_by("run_id", "position")
    for run, name, state in found.values_list("run_id", "name", "state"):
        steps.setdefault(run, []).append((name, state))
    return {run: _progress(found, labels, usual) for run, found in steps.items()}


def _labels() -> dict[str, str]:
    recipe = recipe_of("deployment")
    return {step.name: step.label for step in recipe.steps} if recipe else {}


def _progress(steps: list[tuple[str, str]], labels: dict[str, str], usual: dict[str, float]) -> Progress:
    left = [name for name, state in steps if state not in OVER]
    known = bool(left) and all(name in usual for name in left)
    return Progress(
        step=min(len(steps) - len(left) + 1, len(steps)),
        steps=len(steps),
        name=labels.get(left[0], left[0]) if left else "",
        seconds_left=sum(usual[name] for name in left) if known else None,
    )


def cells_of(rows: Sequence[Place], progress: dict[int, Progress]) -> dict[int, Cell]:
    """By environment id, its cell."""
    before = previous_of(rows)
    return {row["id"]: _cell(row, progress, before.get(row["id"])) for row in rows}


def previous_of(rows: Sequence[Place]) -> dict[int, Place]:
    """By environment id, the app environment from which releases come here: the required one, else the one before."""
    found, by_id, last = {}, {row["id"]: row for row in rows}, None
    for row in rows:
        if row["kind"] != Kind.APP:
            continue
        here = by_id.get(row["requires_id"]) or (
            last if last and last["product_id"] == row["product_id"] else None
        )
        if here:
            found[row["id"]] = here
        last = row
    return found


def ready_here(row: Place, before: Place | None) -> str:
    """The version to promote here next, newer than what runs here; "" for none.

    It is what is live in the environment before, or for the first one the newest release that is ready.
    """
    if row["active_id"] or row["kind"] != Kind.APP or not row["distribution_id"]:
        return ""
    if before is not None:
        release, version = (
            (None, "") if before["live_bad"] else (before["live_release"], before["live_version"])
        )
    else:
        release, version = (row["newest"] or {}).get("id"), (row["newest"] or {}).get("version")
    newer = release is not None and (row["running_release"] is None or release > row["running_release"])
    return str(version) if newer else ""


def _cell(row: Place, progress: dict[int, Progress], before: Place | None) -> Cell:
    ready = ready_here(row, before)
    base: dict[str, Any] = {
        "id": row["id"],
        "product": row["product_name"],
        "environment": row["name"],
        "url": reverse("environment", args=[row["slug"], row["name"]]),
        "version": row["running_version"] or "",
        "verified": None if not row["running_id"] else row["running_id"] == row["live_id"],
        "at": row["running_at"],
        "who": row["running_who"] or "",
        "ready_version": ready,
        "ready_url": reverse("promote", args=[row["slug"], row["name"], ready]) if ready else "",
    }
    return Cell(**base | _state(row, progress))


def _state(row: Place, progress: dict[int, Progress]) -> dict[str, Any]:
    if not row["distribution_id"]:
        return {"state": "none"}
    if row["active_id"]:
        return _active(row, progress)
    if row["failed_id"]:
        far = progress.get(row["failed_run"])
        name = far.name if far else ""
        return {
            "state": "failed",
            "next_version": row["failed_version"],
            "step_name": name,
            "at": row["failed_at"],
        }
    if not row["running_id"]:
        return {"state": "never"}
    if row["running_kind"] == "rollback":
        return {"state": "back", "next_version": row["running_before"] or ""}
    return {"state": "live"}


def _active(row: Place, progress: dict[int, Progress]) -> dict[str, Any]:
    shown: dict[str, Any] = {"next_version": row["active_version"], "who": row["active_who"] or ""}
    far = progress.get(row["active_run"])
    if row["active_state"] == "queued" or far is None:
        return shown | {"state": "queued"}
    return shown | {
        "state": "running",
        "step": far.step,
        "steps": far.steps,
        "seconds_left": far.seconds_left,
    }


def changed_since(rows: Iterable[Place], since: datetime) -> set[int]:
    """The environments whose cell may differ from what a page drew at `since`."""
    edge = since - timedelta(seconds=3)
    return {row["id"] for row in rows if row["active_id"] or (row["changed_at"] and row["changed_at"] > edge)}
