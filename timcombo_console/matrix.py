"""What the cells of the first page say, from what runs where; one query for the steps under way."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db.models import OuterRef, Subquery

from deployments.selectors.coming import is_newer
from deployments.selectors.plans import BACK_END
from deployments.services.promote import RECIPES
from products.models import Kind
from runs.models import RunStep, StepState, StepTime
from runs.selectors import usual_of
from runs.steps import recipe_of
from timcombo_console.addresses import address
from timcombo_console.cells import BACK, Cell
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


def back_end_ready_here(row: Place, before: Place | None) -> str:
    """The version of which the back end is to be promoted here next, newer than what the API calls; "" for none.

    It is what the environment before calls, if that went live there; without one, or where none is required and the one
    before has no back end, the newest release with a back end. After a rollback only what was registered since.
    """
    if row["active_id"] or not row["has_back_end"]:
        return ""
    if before is None or not (before["has_back_end"] or row["requires_id"]):
        release, version, at = (row[f"newest_back_end{part}"] for part in ("", "_version", "_at"))
    elif before["called_may_go_on"]:
        release, version, at = (before[f"called_{part}"] for part in ("release", "version", "registered_at"))
    else:
        return ""
    if release is None or not is_newer(release, row["called_release"]):
        return ""
    since = row["called_back_at"]
    return str(version) if since is None or at > since else ""


def _offers(row: Place, before: Place | None) -> dict[str, str]:
    """What is ready: a release, and a back end that goes alone, when it is another release's."""
    ready, back = ready_here(row, before), back_end_ready_here(row, before)
    offers: dict[str, str] = {}
    if ready:
        offers |= {"ready_version": ready, "ready_url": _plan(row, ready)}
    if back and back != ready:
        offers |= {"ready_back_end": back, "ready_back_end_url": f"{_plan(row, back)}?half={BACK_END}"}
    return offers


def _plan(row: Place, version: str) -> str:
    return address("promote", row["slug"], row["name"], version)


def _called(row: Place) -> str:
    """The release whose back end the API calls, when it is not the one that visitors get."""
    if not row["called_release"] or row["called_release"] == row["running_release"]:
        return ""
    return " ".join(filter(None, (row["called_product"], row["called_version"])))


def _cell(row: Place, progress: dict[int, Progress], before: Place | None) -> Cell:
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
        "spark": row["spark"],
        "alarms": row["alarms"],
        "degraded": row["degraded"],
        "edge_differs": row["edge_differs"],
        "back_end": _called(row),
        **_offers(row, before),
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
            "next_version": _going(row, "failed"),
            "step_name": name,
            "at": _time(row["failed_at"]),
        }
    if not row["running_id"]:
        return {"state": "never"}
    if row["running_kind"] == "rollback":
        return {"state": "back", "next_version": row["running_before"] or ""}
    return {"state": "live"}


def _going(row: Place, which: str) -> str:
    """The version of the deployment under way or failed; of a back end alone it is not what pages become."""
    return f"{BACK} {row[f'{which}_version']}" if row[f"{which}_alone"] else str(row[f"{which}_version"])


def _active(row: Place, progress: dict[int, Progress]) -> dict[str, Any]:
    shown: dict[str, Any] = {"next_version": _going(row, "active"), "who": row["active_who"] or ""}
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
