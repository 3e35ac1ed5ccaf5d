"""What the first page shows: the matrix, what is under way, what waits for this person, whether the console is well."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from products.models import Kind
from provisioning.models import Apply
from provisioning.selectors import applying
from timcombo_console.addresses import address
from timcombo_console.cells import Cell
from timcombo_console.formats import duration
from timcombo_console.health import Health, health
from timcombo_console.matrix import cells_of, changed_since, progress_of
from timcombo_console.places import Place, places
from users.actions import allowed
from users.models import User

FILTERS = {
    "": "All",
    "attention": "Needs attention",
    "deploying": "Deploying",
    "ready": "Ready to promote",
}
WAITING_SHOWN = 6


@dataclass(frozen=True)
class Matrix:
    """All environments and their cells, as of `at`."""

    rows: Sequence[Place]
    cells: Mapping[int, Cell]
    at: datetime

    @classmethod
    def now(cls) -> "Matrix":
        at = datetime.now(UTC)
        rows = places()
        return cls(rows, cells_of(rows, progress_of(rows)), at)


def matrix_page(user: User, asked: Mapping[str, str]) -> dict[str, Any]:
    """The context of `deployments/matrix.html`."""
    matrix = Matrix.now()
    q, chosen = asked.get("q", "").strip(), asked.get("show", "")
    chosen = chosen if chosen in FILTERS else ""
    columns = _columns(matrix.rows)
    products = _products(matrix, columns)
    kept = [one for one in products if q.lower() in f"{one['name']} {one['domain']}".lower()]
    first = products[0]["slug"] if products else ""
    return {
        **strip(user, matrix),
        "filters": [
            {
                "label": label,
                "url": _address(q, key),
                "count": sum(_shows(p, key) for p in kept),
                "current": key == chosen,
            }
            for key, label in FILTERS.items()
        ],
        "q": q,
        "matrix_url": reverse("matrix"),
        "columns": columns,
        "rows": [one for one in kept if _shows(one, chosen)],
        "poll_url": poll_url(matrix.at),
        "new_product_url": reverse("new-product") if allowed(user, "product.edit") else "",
        "add_url": reverse("release-new", args=[first])
        if first and allowed(user, "release.register")
        else "",
    }


def poll_url(at: datetime) -> str:
    return f"{reverse('matrix-changes')}?{urlencode({'since': at.isoformat()})}"


def _address(q: str, show: str) -> str:
    query = urlencode({key: value for key, value in (("q", q), ("show", show)) if value})
    return reverse("matrix") + (f"?{query}" if query else "")


def _columns(rows: Sequence[Place]) -> list[dict[str, Any]]:
    """One column per environment name, in the order of their positions."""
    found: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["position"]):
        note = "protected" if row["protected"] else ("site" if row["kind"] == Kind.STATIC else "")
        found.setdefault(row["name"], {"name": row["name"], "note": note, "protected": row["protected"]})
    return list(found.values())


def _products(matrix: Matrix, columns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by_product: dict[str, dict[str, Cell]] = {}
    heads: dict[str, Place] = {}
    for row in matrix.rows:
        by_product.setdefault(row["slug"], {})[row["name"]] = matrix.cells[row["id"]]
        heads[row["slug"]] = row
    return [
        {
            "slug": slug,
            "name": heads[slug]["product_name"],
            "domain": heads[slug]["domain"],
            "url": address("product", slug),
            "cells": [
                cells.get(column["name"]) or _nothing(heads[slug], column["name"]) for column in columns
            ],
        }
        for slug, cells in by_product.items()
    ]


def _nothing(row: Place, name: str) -> Cell:
    return Cell(id=0, product=row["product_name"], environment=name, url="", state="none")


def _shows(product: Mapping[str, Any], show: str) -> bool:
    cells: list[Cell] = product["cells"]
    if show == "ready":
        return any(cell.ready_version or cell.ready_back_end for cell in cells)
    if show == "attention":
        return any(_is_wrong(cell) for cell in cells)
    return show != "deploying" or any(cell.state in ("queued", "running") for cell in cells)


def _is_wrong(cell: Cell) -> bool:
    found = cell.no_way_back or cell.alarms or cell.degraded or cell.edge_differs
    return bool(found) or cell.state in ("failed", "part", "drift")


def strip(user: User, matrix: Matrix) -> dict[str, Any]:
    """The three cards above the matrix."""
    deploying = [_deploying(row, matrix.cells[row["id"]]) for row in matrix.rows if row["active_id"]]
    plans = [_applying(one) for one in applying()]
    return {
        "deploying": deploying,
        "applying": plans,
        "under_way": len(deploying) + len(plans),
        "waiting": _waiting(user, matrix),
        "health": _health(matrix, health()),
    }


def _deploying(row: Place, cell: Cell) -> dict[str, Any]:
    return {
        "url": reverse("deployment", args=[row["active_id"]]),
        "title": f"{cell.product} {cell.next_version}",
        "place": cell.environment,
        "step": cell.step,
        "steps": cell.steps or 1,
        "seconds_left": cell.seconds_left,
    }


def _applying(one: Apply) -> dict[str, Any]:
    done, total = (getattr(one, name) for name in ("made", "planned"))
    return {
        "url": reverse("estate-apply", args=[one.product.slug, one.pk]),
        "title": f"AWS resources of {one.product.name}",
        "done": done,
        "total": total,
    }


def _waiting(user: User, matrix: Matrix) -> list[dict[str, Any]]:
    """Failed deployments first, then what may be promoted, for who may do something about it."""
    if not allowed(user, "deployment.promote"):
        return []
    failed = [_failed(row, matrix.cells[row["id"]]) for row in matrix.rows if row["failed_id"]]
    ready = [one for cell in matrix.cells.values() for one in _ready(cell)]
    return (failed + ready)[:WAITING_SHOWN]


def _failed(row: Place, cell: Cell) -> dict[str, Any]:
    still = f"{cell.version} is still live." if cell.version else "Nothing is live there."
    return {
        "icon": "fail",
        "kind": "stop",
        "url": reverse("deployment", args=[row["failed_id"]]),
        "title": f"{cell.product} {cell.next_version} to {cell.environment}",
        "text": f"failed at {cell.step_name}. {still}",
    }


def _ready(cell: Cell) -> Iterator[dict[str, str]]:
    """A release, a back end that goes alone, or both."""
    ready = {"icon": "up", "kind": "run"}
    where = f"is ready to go to {cell.environment}"
    if cell.ready_version:
        title = f"{cell.product} {cell.ready_version}"
        yield ready | {"url": cell.ready_url, "title": title, "text": f"{where}."}
    if cell.ready_back_end:
        stays = f"; the front end stays {cell.version}" if cell.version else ""
        title = f"{cell.product} {cell.ready_back_end}"
        yield ready | {
            "url": cell.ready_back_end_url,
            "title": title,
            "text": f"{where}, back end only{stays}.",
        }


def _health(matrix: Matrix, found: Health) -> list[dict[str, str]]:
    running = [cell for cell in matrix.cells.values() if cell.version]
    verified = sum(bool(cell.verified) for cell in running)
    on_call = reverse("on-call")
    return [
        _fact(
            verified == len(running),
            f"{verified} of {len(running)} environments were seen to serve what they declare",
            "",
        ),
        _fact(found.workers > 0, _workers(found.workers), on_call),
        _fact(found.queue_ok, _queue(found), on_call),
        _fact(
            found.sealed,
            "Audit log sealed"
            if found.sealed
            else f"Audit log unsealed for {duration(found.unsealed_seconds)}",
            on_call,
        ),
        *_numbers(found),
    ]


def _numbers(found: Health) -> Iterator[dict[str, str]]:
    """Only what is wrong: numbers that come need no line of their own."""
    if not found.watchers:
        yield _fact(False, "Nothing is measured, looked at or told: no worker does it", reverse("on-call"))
    elif found.capped:
        yield _fact(
            False, "Numbers stand still: asking has cost what it may this month", reverse("collection")
        )
    elif found.unanswered:
        yield _fact(False, f"CloudWatch does not answer for {found.unanswered}", reverse("collection"))


def _workers(count: int) -> str:
    return (
        f"{count} worker{'' if count == 1 else 's'} alive"
        if count
        else "No worker is alive: nothing is carried out"
    )


def _queue(found: Health) -> str:
    if not found.queue_seconds:
        return "No work waits for a worker"
    return f"The oldest work has waited {duration(found.queue_seconds)}"


def _fact(well: bool, text: str, url: str) -> dict[str, str]:
    return {
        "icon": "check" if well else "warn",
        "kind": "quiet" if well else "warn",
        "text": text,
        "url": "" if well else url,
    }


def changes_page(user: User, since: datetime) -> dict[str, Any]:
    """The context of `deployments/_changes.html`: the cells that moved since."""
    matrix = Matrix.now()
    moved = changed_since(matrix.rows, since)
    return {
        **strip(user, matrix),
        "cells": [cell for pk, cell in matrix.cells.items() if pk in moved],
        "poll_url": poll_url(matrix.at),
    }
