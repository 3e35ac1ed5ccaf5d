"""What the cells of the first page say, from what runs where; one query for the steps under way."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db.models import OuterRef, Subquery

from deployments.services.promote import RECIPES
from products.models import Kind
from runs.models import RunStep, StepState, StepTime
from runs.selectors import usual_of
from runs.steps import recipe_of
from timcombo_console.addresses import address
from timcombo_console.cells import Cell
from timcombo_console.places import Place

OVER = (StepState.DONE, StepState.SKIPPED)


class Step(NamedTuple):
    """A step of a Run; `times` are the seconds it took lately, None when it never ended yet."""

    name: str
    state: str
    times: list[float] | None


@dataclass(frozen=True)
class Progress:
    """How far an active or failed Run is: steps done, their number, the present step's name, seconds left."""

    step: int
    steps: int
    name: str
    seconds_left: float | None


def progress_of(rows: Sequence[Place]) -> dict[int, Progress]:
    """By Run id, how far the active and failed ones are. One query, none when nothing is active or failed."""
    runs = [row[key] for row in rows for key in ("active_run", "failed_run") if row[key]]
    if not runs:
        return {}
    times = StepTime.objects.filter(kind=OuterRef("run__kind"), step=OuterRef("name")).values("recent")
    found = (
        RunStep.objects.filter(run__in=runs).annotate(times=Subquery(times)).order_by("run_id", "position")
    )
    steps: dict[int, list[Step]] = {}
    for run, *step in found.values_list("run_id", "name", "state", "times"):
        steps.setdefault(run, []).append(Step(*step))
    labels = _labels()
    return {run: _progress(found, labels) for run, found in steps.items()}


def _labels() -> dict[str, str]:
    recipes = (recipe_of(kind) for kind in RECIPES.values())
    return {step.name: step.label for recipe in recipes if recipe for step in recipe.steps}


def _progress(steps: list[Step], labels: dict[str, str]) -> Progress:
    left = [step for step in steps if step.state not in OVER]
    known = bool(left) and all(step.times for step in left)
    return Progress(
        step=min(len(steps) - len(left) + 1, len(steps)),
        steps=len(steps),
        name=labels.get(left[0].name, left[0].name) if left else "",
        seconds_left=sum(usual_of(step.times or ()) for step in left) if known else None,
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

    It is what is live in the environment before, or for the first one the newest release that is ready; never the one
    that was just rolled away from, which a person may still choose.
    """
    if row["active_id"] or row["kind"] != Kind.APP or not row["distribution_id"]:
        return ""
    if before is not None:
        release, version = (
            (None, "") if before["live_bad"] else (before["live_release"], before["live_version"])
        )
    else:
        release, version = row["newest_release"], row["newest_version"]
    newer = release is not None and (row["running_release"] is None or release > row["running_release"])
    left = row["running_before"] if row["running_kind"] == "rollback" else None
    return str(version) if newer and version != left else ""


def _cell(row: Place, progress: dict[int, Progress], before: Place | None) -> Cell:
    ready = ready_here(row, before)
    base: dict[str, Any] = {
        "id": row["id"],
        "product": row["product_name"],
        "environment": row["name"],
        "url": address("environment", row["slug"], row["name"]),
        "version": row["running_version"] or "",
        "verified": None if not row["running_id"] else row["running_id"] == row["live_id"],
        "at": _time(row["running_at"]),
        "who": row["running_who"] or "",
        "no_way_back": row["no_way_back"],
        "ready_version": ready,
        "ready_url": address("promote", row["slug"], row["name"], ready) if ready else "",
    }
    return Cell(**base | _state(row, progress))


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _state(row: Place, progress: dict[int, Progress]) -> dict[str, Any]:
    if not row["distribution_id"]:
        return {"state": "none"}
    if row["active_id"]:
        return _active(row, progress)
    if row["failed_handlers"]:
        return {"state": "part", "note": f"{row['failed_handlers']} handlers of {row['failed_version']}"}
    if row["failed_id"]:
        far = progress.get(row["failed_run"])
        name = far.name if far else ""
        return {
            "state": "failed",
            "next_version": row["failed_version"],
            "step_name": name,
            "at": _time(row["failed_at"]),
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
    edge = since.timestamp() - 3
    return {row["id"] for row in rows if row["active_id"] or (row["changed_at"] and row["changed_at"] > edge)}
