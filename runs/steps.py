"""What a Run is made of: steps, in recipes that the apps register in `AppConfig.ready`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from runs.context import StepContext
from runs.models import Run

__all__ = [
    "RUNS",
    "WATCH",
    "Done",
    "Recipe",
    "Step",
    "StepContext",
    "StepFailed",
    "Wait",
    "recipe_of",
    "register",
]


RUNS, WATCH = "runs", "watch"
"""Queues: what changes something, and what only looks and tells, which never takes a worker from the other."""


@dataclass(frozen=True)
class Done:
    """The step has done its work; `output` is merged into the step's row, for later steps to read."""

    output: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Wait:
    """The step looks again in `seconds`, because of `why`; `output` is merged into the step's row."""

    seconds: float
    why: str
    output: dict[str, Any] = field(default_factory=dict)


class StepFailed(Exception):
    """No retry can help. The text tells a person what happened, where, and what to do next."""


@dataclass(frozen=True)
class Step:
    """One step. `run` looks before it acts: running it twice equals running it once.

    It answers Done or Wait, raises StepFailed when no retry can help; anything else it raises means "try again",
    up to `limit` attempts in a row. It may wait `wait_limit` seconds in all. A failed `skippable` step may be
    left out by a person. Once a step that is not `cancellable` was claimed, the Run can no longer be cancelled.
    """

    name: str
    label: str
    run: Callable[[StepContext], Done | Wait]
    limit: int = 5
    wait_limit: float = 600
    skippable: bool = False
    cancellable: bool = True


@dataclass(frozen=True)
class Recipe:
    """The steps of a kind of Run, in order.

    A Run that was started with steps of its own names them `change:7`, after the step of the recipe that does them.

    Workers of `queue` do it. `on_end` is called inside the transaction that ends the Run, whatever the end, while its scopes are held.
    `may_retry` answers a sentence when a failed Run must not be retried, else None.
    """

    kind: str
    steps: tuple[Step, ...]
    on_end: Callable[[Run], None] | None = None
    may_retry: Callable[[Run], str | None] | None = None
    queue: str = RUNS

    def step(self, name: str) -> Step | None:
        """The step of that name, None when this version of the console has none."""
        plain = name.partition(":")[0]
        return next((step for step in self.steps if step.name == plain), None)


_recipes: dict[str, Recipe] = {}


def register(recipe: Recipe) -> None:
    """Make a kind of Run known; the last one registered under a kind counts."""
    names = [step.name for step in recipe.steps]
    if len(set(names)) != len(names):
        raise ValueError(f"The recipe {recipe.kind} has two steps of the same name: {names}.")
    _recipes[recipe.kind] = recipe


def recipe_of(kind: str) -> Recipe | None:
    """The recipe of that kind, None when this version of the console has none."""
    return _recipes.get(kind)
