"""To what a rollback may go back, and what of it a rollback repeats."""

from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import QuerySet

from deployments.models import Deployment, EnvironmentState
from deployments.selectors.deployments import good_back_ends, good_deployments, last_of, running_back_end
from deployments.selectors.plans import BACK_END, FRONT_END, Halves
from products.models import Environment


@dataclass(frozen=True)
class WayBack:
    """The earlier deployment that a rollback repeats unless another release is named.

    `half` is "" for whatever was deployed together, or the one half that is wanted.
    """

    half: str
    goal: Deployment

    @property
    def halves(self) -> Halves:
        return halves_back(self.goal, self.half)


def ways_back(environment: Environment, state: EnvironmentState) -> list[WayBack]:
    """What the rollback page proposes, and where the back end alone would go, if that is elsewhere."""
    goals = {half: good_ones(environment, state, half).last() for half in ("", BACK_END)}
    ways = [WayBack(half, goal) for half, goal in goals.items() if goal]
    return ways if goals[""] != goals[BACK_END] else ways[:1]


class GoodOnes(NamedTuple):
    """What one may go back to, newest first, and what is left by it: of the front end, or of the `back_end`."""

    found: QuerySet[Deployment]
    running: Deployment | None
    back_end: bool

    def last(self) -> Deployment | None:
        """The newest before what runs, of another release, that no rollback left."""
        return last_of(self.found, self.running, back_end=self.back_end)

    def left(self, one: Deployment) -> bool:
        """Whether a later rollback left it."""
        return one.back_end_left if self.back_end else one.rolled_away


def good_ones(environment: Environment, state: EnvironmentState, half: str) -> GoodOnes:
    """Of the back end when only that is wanted or runs."""
    if half == BACK_END or state.running is None:
        return GoodOnes(good_back_ends(environment), running_back_end(environment), back_end=True)
    return GoodOnes(good_deployments(environment), state.running, back_end=False)


def halves_back(goal: Deployment, half: str) -> Halves:
    """What of an earlier deployment a rollback repeats: what it carried, or the one half that is wanted."""
    front = None if half == BACK_END else goal.artifact
    return Halves(front, None if half == FRONT_END else goal.backend)
