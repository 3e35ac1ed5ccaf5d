"""The live grid of a deployment's handlers: a square for each, their counts, those that a person asks for."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.urls import reverse

from deployments.fleet_planner import Mode, calls_left
from deployments.models import Deployment, HandlerChange, HandlerState
from deployments.selectors.fleets import fleet_of, mode_of
from deployments.services.handlers import retriable, skippable
from runs.models import RunState
from users.actions import allowed
from users.models import User

LISTED = 50
CULPRIT = "culprit"
"""How a handler shows that failed and was put back with the others: it is why they were."""

LOOKS = {  # by state: the class of its square, its word
    HandlerState.FAILED: ("x", "failed"),
    CULPRIT: ("x", "failed and put back"),
    HandlerState.UPDATING: ("u", "under way"),
    HandlerState.READY: ("p", "prepared"),
    HandlerState.DONE: ("", "done"),
    HandlerState.PENDING: ("w", "waiting"),
    HandlerState.RETURNED: ("b", "put back"),
    HandlerState.SKIPPED: ("s", "left out"),
}
"""In the order in which they are counted; done is what most are, so it has no class."""


class Square(NamedTuple):
    """One handler: its name, how it shows, and its published version, "" for none."""

    name: str
    state: str
    version: str


@dataclass(frozen=True)
class Grid:
    """The handlers of one deployment, sorted by name; `returning` while they are put back, `over` when it has ended."""

    mode: Mode
    squares: Sequence[Square]
    returning: bool = False
    over: bool = False

    @cached_property
    def counts(self) -> Counter[str]:
        return Counter(one.state for one in self.squares)

    def __len__(self) -> int:
        return len(self.squares)

    @property
    def calls_left(self) -> int:
        handlers = ((one.state, one.version) for one in self.squares)
        return calls_left(self.mode, handlers, returning=self.returning)

    def word(self, state: str) -> str:
        """The word for a state that a square shows."""
        return "not reached" if self.over and state == HandlerState.PENDING else LOOKS[state][1]

    @property
    def in_words(self) -> str:
        """ "311 handlers: 3 failed, 12 under way, 262 done, 34 waiting" """
        counted = ", ".join(
            f"{self.counts[state]} {self.word(state)}" for state in LOOKS if self.counts[state]
        )
        return f"{len(self)} handler{'' if len(self) == 1 else 's'}: {counted}"


def grid_of(deployment: Deployment) -> Grid | None:
    """One query for the handlers; None when the deployment carries no back end."""
    if deployment.backend_id is None:
        return None
    mode = mode_of(fleet_of(deployment.environment))
    rows = HandlerChange.objects.filter(deployment=deployment).order_by("name")
    fine = ExpressionWrapper(Q(error=""), output_field=BooleanField())
    told = rows.values_list("name", "state", "version", fine)
    squares = [Square(name, _shown(state, fine=fine), version) for name, state, version, fine in told]
    return Grid(mode, squares, deployment.returning, not deployment.run.is_active)


def _shown(state: str, *, fine: bool) -> str:
    return state if fine or state != HandlerState.RETURNED else CULPRIT


def grid_section(user: User, deployment: Deployment, grid: Grid, asked: str) -> dict[str, Any]:
    """The context of `deployments/_fleet.html`; `asked` is the state whose handlers are listed, "" for the failed."""
    unasked = HandlerState.FAILED if grid.counts[HandlerState.FAILED] else CULPRIT
    listed = asked if asked in LOOKS else unasked
    return {
        "in_words": grid.in_words,
        "squares": [(one.name, LOOKS[one.state][0], grid.word(one.state)) for one in grid.squares],
        "counts": [
            (
                grid.counts[state],
                css or "g",
                grid.word(state),
                f"?{urlencode({'handlers': state})}",
                state == asked,
            )
            for state, (css, _) in LOOKS.items()
            if grid.counts[state]
        ],
        "listed": _listed(user, deployment, listed),
        "listed_word": grid.word(listed),
        "listed_failed": listed in (HandlerState.FAILED, CULPRIT),
        "more": max(0, grid.counts[listed] - LISTED),
        "asked": asked,
    }


def _listed(user: User, deployment: Deployment, shown: str) -> list[dict[str, Any]]:
    rows = HandlerChange.objects.filter(deployment=deployment)
    if shown == CULPRIT:
        rows = rows.filter(state=HandlerState.RETURNED).exclude(error="")
    elif shown == HandlerState.RETURNED:
        rows = rows.filter(state=shown, error="")
    else:
        rows = rows.filter(state=shown)
    may = allowed(user, "run.steer") and deployment.run.state == RunState.FAILED
    return [_told(deployment, row, may=may) for row in rows[:LISTED]]


def _told(deployment: Deployment, row: HandlerChange, *, may: bool) -> dict[str, Any]:
    return {
        "name": row.name,
        "text": row.error or row.note,
        "note": f"Left out: {row.note}" if row.error and row.note else "",
        "version": row.version,
        "at": row.changed_at,
        "skip_url": _address(deployment, row, "skip") if may and skippable(row) else "",
        "retry_url": _address(deployment, row, "retry") if may and retriable(deployment, row) else "",
    }


def _address(deployment: Deployment, row: HandlerChange, act: str) -> str:
    return reverse(f"deployment-handler-{act}", args=[deployment.pk, row.name])
