"""The live grid of a deployment's handlers: a square for each, their counts, those that a person asks for."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from deployments.fleet_planner import CALLS_PER_SECOND, Mode, calls_left
from deployments.models import Deployment, HandlerChange, HandlerState
from deployments.selectors.fleets import fleet_of, mode_of
from runs.models import RunState
from users.actions import allowed
from users.models import User

LISTED = 50
LOOKS = {  # by state: the class of its square, its word
    HandlerState.FAILED: ("x", "failed"),
    HandlerState.UPDATING: ("u", "under way"),
    HandlerState.READY: ("p", "prepared"),
    HandlerState.DONE: ("", "done"),
    HandlerState.PENDING: ("w", "waiting"),
    HandlerState.RETURNED: ("b", "put back"),
    HandlerState.SKIPPED: ("s", "left out"),
}
"""In the order in which they are counted; done is what most are, so it has no class."""


@dataclass(frozen=True)
class Grid:
    """The handlers of one deployment as name, state and published version, sorted by name."""

    mode: Mode
    rows: Sequence[tuple[str, str, str]]

    @cached_property
    def counts(self) -> Counter[str]:
        return Counter(state for _, state, _ in self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def calls_left(self) -> int:
        return calls_left(self.mode, ((state, version) for _, state, version in self.rows))

    @property
    def seconds_left(self) -> float:
        """The least time that the calls left take."""
        return self.calls_left / CALLS_PER_SECOND

    @property
    def in_words(self) -> str:
        """ "311 handlers: 3 failed, 12 under way, 262 done, 34 waiting" """
        counted = ", ".join(
            f"{self.counts[state]} {word}" for state, (_, word) in LOOKS.items() if self.counts[state]
        )
        return f"{len(self)} handler{'' if len(self) == 1 else 's'}: {counted}"


def grid_of(deployment: Deployment) -> Grid | None:
    """One query for the handlers; None when the deployment carries no back end."""
    if deployment.backend_id is None:
        return None
    mode = mode_of(fleet_of(deployment.environment))
    rows = HandlerChange.objects.filter(deployment=deployment).order_by("name")
    return Grid(mode, list(rows.values_list("name", "state", "version")))


def grid_section(user: User, deployment: Deployment, grid: Grid, asked: str) -> dict[str, Any]:
    """The context of `deployments/_fleet.html`; `asked` is the state whose handlers are listed, "" for the failed."""
    listed = asked if asked in HandlerState.values else HandlerState.FAILED
    return {
        "in_words": grid.in_words,
        "squares": [(name, *LOOKS[HandlerState(state)]) for name, state, _ in grid.rows],
        "counts": [
            (grid.counts[state], css or "g", word, _address(state), state == asked)
            for state, (css, word) in LOOKS.items()
            if grid.counts[state]
        ],
        "listed": _listed(user, deployment, listed),
        "listed_word": LOOKS[HandlerState(listed)][1],
        "more": max(0, grid.counts[listed] - LISTED),
        "asked": asked,
    }


def _address(state: str) -> str:
    return f"?{urlencode({'handlers': state})}"


def _listed(user: User, deployment: Deployment, state: str) -> list[dict[str, Any]]:
    rows = HandlerChange.objects.filter(deployment=deployment, state=state)[:LISTED]
    return [
        {
            "name": row.name,
            "text": row.error or row.note,
            "note": f"Left out: {row.note}" if row.error and row.note else "",
            "version": row.version,
            "at": row.changed_at,
            "skip_url": _skip_url(user, deployment, row),
        }
        for row in rows
    ]


def _skip_url(user: User, deployment: Deployment, row: HandlerChange) -> str:
    """Where a failed handler is left out; "" when it cannot be, or not by this person."""
    may = allowed(user, "run.steer") and deployment.run.state == RunState.FAILED
    if not may or row.state != HandlerState.FAILED:
        return ""
    return reverse("deployment-handler-skip", args=[deployment.pk, row.name])
