"""Kinds of Runs that exist only in tests.

What a step did is seen in Counter rows (`ran("step")`), because a worker is another process; a step that holds
waits until the test opens its gate.
"""

import os
import signal
import time
from collections.abc import Callable
from typing import Any

from django.db import connection

from runs import counters
from runs.models import Counter, Run
from runs.steps import Done, Recipe, Step, StepContext, StepFailed, Wait, register

Execute = Callable[[str, Any, bool, dict[str, Any]], Any]


def tell(name: str) -> None:
    """Add one to what a test reads by `ran(name)`."""
    counters.add({counters.key(f"test_{name}"): 1})


def ran(name: str) -> int:
    """How many times `tell(name)` was called, by any process."""
    return int(sum(Counter.objects.filter(name=f"test_{name}").values_list("value", flat=True)))


def open_gate() -> None:
    tell("gate")


def _ran(context: StepContext) -> Done:
    tell(context.step.name)
    return Done({"by": context.run.worker})


def _hold(context: StepContext) -> Done:
    tell("holding")
    while not ran("gate"):
        context.lease.check()
        time.sleep(0.02)
    return _ran(context)


def _deaf(context: StepContext) -> Done:
    """Holds and never looks at the lease; then tries to write rows of its own."""
    tell("holding")
    while not ran("gate"):
        time.sleep(0.02)
    try:
        with context.transaction():
            tell("stale_write")
    finally:
        tell("woke")
    return Done()


def _deadly(context: StepContext) -> Done:
    tell("deadly")
    os.kill(os.getpid(), signal.SIGKILL)
    return Done()


def _parting(context: StepContext) -> Done:
    """Its worker dies when all of this is saved, and it turns to the next step."""
    tell("parting")
    connection.execute_wrappers.append(_die_when_it_claims)
    return Done()


def _die_when_it_claims(execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    if sql.startswith('UPDATE "runs_run"') and "COALESCE" in sql:
        os.kill(os.getpid(), signal.SIGKILL)
    return execute(sql, params, many, context)


def _sulky(context: StepContext) -> Done:
    tell("sulky")
    raise StepFailed("The bucket tim-x does not exist. Create it, then retry.")


def _flaky(context: StepContext) -> Done:
    tell("flaky")
    if ran("flaky") <= 2:
        raise ConnectionError("the line was cut")
    return Done()


def _broken(context: StepContext) -> Done:
    tell("broken")
    raise KeyError("colour")


def _patient(context: StepContext) -> Done | Wait:
    tell("patient")
    rounds = int(context.step.output.get("rounds", 0)) + 1
    return Done({"rounds": rounds}) if ran("gate") else Wait(3, "the edge to answer", {"rounds": rounds})


def _quick(context: StepContext) -> Done | Wait:
    rounds = int(context.step.output.get("rounds", 0)) + 1
    return Done({"rounds": rounds}) if rounds > 3 else Wait(0.1, "the next round", {"rounds": rounds})


def _nothing(context: StepContext) -> Done:
    return Done()


def _ended(run: Run) -> None:
    held = run.scopes.count()
    tell(f"ended_{run.state}_with_{held}")


def _may_retry(run: Run) -> str | None:
    return "A later release is live. Promote again instead." if ran("later") else None


FIRST, LAST = Step("first", "First", _ran), Step("last", "Last", _ran)

RECIPES = [
    Recipe("short", (FIRST, Step("middle", "Middle", _ran), LAST), on_end=_ended),
    Recipe("holding", (FIRST, Step("hold", "Hold", _hold), LAST), on_end=_ended),
    Recipe("deaf", (FIRST, Step("deaf", "Deaf", _deaf), LAST)),
    Recipe("deadly", (FIRST, Step("deadly", "Deadly", _deadly, limit=2), LAST), on_end=_ended),
    Recipe("parting", (FIRST, Step("parting", "Part", _parting), LAST), on_end=_ended),
    Recipe("sulky", (FIRST, Step("sulky", "Sulk", _sulky), LAST), on_end=_ended, may_retry=_may_retry),
    Recipe("sulky_skippable", (FIRST, Step("sulky", "Sulk", _sulky, skippable=True), LAST), on_end=_ended),
    Recipe("flaky", (Step("flaky", "Flake", _flaky), LAST), on_end=_ended),
    Recipe("broken", (Step("broken", "Break", _broken, limit=3), LAST), on_end=_ended),
    Recipe("patient", (Step("patient", "Be patient", _patient, wait_limit=60), LAST), on_end=_ended),
    Recipe("quick", (Step("quick", "Wait a little", _quick), LAST), on_end=_ended),
    Recipe(
        "switching",
        (
            FIRST,
            Step("switch", "Write entry points", _hold, cancellable=False),
            Step("after", "After", _patient),
        ),
        on_end=_ended,
    ),
    Recipe("many", tuple(Step(f"s{number}", "Nothing", _nothing) for number in range(50))),
]

for recipe in RECIPES:
    register(recipe)
