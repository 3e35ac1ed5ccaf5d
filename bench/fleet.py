"""Back ends of 311 handlers against the strict emulated cloud, which takes 15 control-plane calls a second as AWS does.

A floor is the number of calls that are needed, at that pace. Ours is a whole Run of a warm worker: looking, bringing
the code, preparing, switching, verifying.
"""

import resource
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import TYPE_CHECKING

from bench.database import database
from bench.report import LIMIT, Row, against, exactly

if TYPE_CHECKING:
    from bench.fleet_ground import Ground

CALLS_PER_SECOND = 15
FLOOR = "floor"
SLACK = 1.15
ENVIRONMENT = "test"
LOOP = 10
"""So many handlers are updated by the shell loop, whose time for all of them is extrapolated."""


def measure(*, full: bool = False) -> Iterator[Row]:
    """Rows as they come; `full` repeats the long ones."""
    with database():
        from bench.fleet_ground import ground

        with ground() as place:
            yield from _rows(place, 3 if full else 1)


def _rows(place: "Ground", rounds: int) -> Iterator[Row]:
    handlers = len(place.names)
    first = place.ingest("first", 0)
    plans = [_timed(lambda: place.plan(first)) for _ in range(5)]
    yield against(f"plan of {handlers} handlers", median(plans), 5.0, LIMIT, 1)
    before = _memory()
    changed = [_changed(place, number) for number in range(rounds)]
    floor = 3 * handlers / CALLS_PER_SECOND
    yield against(f"{handlers} handlers changed, alias", median(s for s, _ in changed), floor, FLOOR, SLACK)
    yield exactly(f"{handlers} changed: handlers that failed", place.failed(), 0)
    calls = sum(counts["writes"] for _, counts in changed)
    yield exactly(f"{handlers} changed: writing calls", calls, 3 * handlers * rounds)
    yield _throttles(f"{handlers} changed: share of calls throttled", [counts for _, counts in changed])
    three = place.ingest("three", 3)
    yield against(f"3 of {handlers} changed, alias", place.deploy(three)[0], 12.0, LIMIT, 1)
    back = place.ingest("back", handlers)
    place.deploy(back)
    seconds, counts = place.roll_back()
    yield against(f"rollback of {handlers}, alias", seconds, handlers / CALLS_PER_SECOND, FLOOR, SLACK)
    yield exactly("rollback: writing calls", counts["writes"], handlers)
    yield against("memory of the worker, MB grown", _memory() - before, 200, LIMIT, 1)
    loop = place.loop(LOOP) / LOOP * handlers
    name = f"aws loop, from {LOOP}"
    yield against(
        f"{handlers} changed, against update-function-code", median(s for s, _ in changed), loop, name, 1
    )


def _changed(place: "Ground", number: int) -> tuple[float, dict[str, int]]:
    release = place.ingest(f"all-{number}", len(place.names))
    return place.deploy(release)


def _throttles(what: str, counts: list[dict[str, int]]) -> Row:
    throttled, calls = (sum(one[name] for one in counts) for name in ("throttled", "calls"))
    return against(what, throttled / calls, 0.02, LIMIT, 1)


def _timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _memory() -> float:
    """Megabytes that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
