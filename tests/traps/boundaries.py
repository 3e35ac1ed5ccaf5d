"""Traps for real workers: at a set moment of a deployment the worker gets a signal from itself.

A moment is `before` or `after` a step: before it does anything, or when it has done everything and nothing of its
answer is saved. A trap is a file of that name and is sprung once.
"""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from deployments.recipes import DEPLOYMENT
from runs.steps import Done, Step, StepContext, Wait, register

FOLDER = "TRAPS"
MOMENTS = tuple(f"{when} {step.name}" for step in DEPLOYMENT.steps for when in ("before", "after"))


def set_trap(folder: Path, moment: str, number: signal.Signals = signal.SIGKILL) -> None:
    """Have the worker that reaches the moment send itself this signal."""
    (folder / moment).write_text(str(int(number)))


def is_sprung(folder: Path, moment: str) -> bool:
    """Whether a worker has reached the moment."""
    return not (folder / moment).exists()


def lay_traps() -> None:
    """In a worker: do the steps of deployments with traps around them."""
    register(replace(DEPLOYMENT, steps=tuple(replace(s, run=_trapped(s)) for s in DEPLOYMENT.steps)))


def _trapped(step: Step) -> Callable[[StepContext], Done | Wait]:
    def run(context: StepContext) -> Done | Wait:
        _spring(f"before {step.name}")
        answer = step.run(context)
        _spring(f"after {step.name}")
        return answer

    return run


def _spring(moment: str) -> None:
    trap = Path(os.environ[FOLDER]) / moment
    if trap.exists():
        number = int(trap.read_text())
        trap.unlink()
        os.kill(os.getpid(), number)
