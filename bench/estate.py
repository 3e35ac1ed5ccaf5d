"""Looking at and planning the AWS resources of 20 products, against the emulated cloud with 30 ms to each call."""

import gc
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench.database import database
from bench.report import LIMIT, Row, against, exactly

if TYPE_CHECKING:
    from bench.estate_ground import Ground

PRODUCTS, LATENCY_MS = 20, 30
READS = ("Get", "List", "Head", "Describe", "Assume")
PAGES = 10


def measure(*, full: bool = False) -> Iterator[Row]:
    """Rows as they come; `full` repeats them."""
    with database(), tempfile.TemporaryDirectory() as folder:
        from bench.estate_ground import ground

        with ground(Path(folder), PRODUCTS, LATENCY_MS) as place:
            yield from _rows(place, 3 if full else 1)


def _rows(place: "Ground", rounds: int) -> Iterator[Row]:
    since = place.cloud.next_call()
    place.look(place.products[0])
    seconds = [_timed(lambda: _observe_and_plan(place)) for _ in range(rounds)]
    calls = place.cloud.calls(since)
    yield against(f"observe and plan {PRODUCTS} products", median(seconds), 20.0, LIMIT, 1)
    yield exactly("writing calls", sum(not call["operation"].startswith(READS) for call in calls), 0)
    looks = PRODUCTS * rounds + 1
    each = sum(count for _, count in Counter(call["operation"] for call in calls).items()) / looks
    yield against(
        f"calls for each of the {place.resources()} resources", each / place.resources(), 8.0, LIMIT, 1
    )
    one = [_timed(lambda: place.look(place.products[1], asked_for=True)) for _ in range(3)]
    yield against("drift check of one product", median(one), 3.0, LIMIT, 1)
    # The web process has no AWS clients: what the looks left in this one is not collected while its pages are measured.
    gc.collect()
    gc.freeze()
    for name in ("estate", "estate-plan"):
        times = sorted(_timed(lambda page=name: place.page(page)) for _ in range(PAGES))  # type: ignore[misc]
        yield against(f"page {name}, p95", times[int(PAGES * 0.95)], 0.1, LIMIT, 1)


def _observe_and_plan(place: "Ground") -> None:
    for product in place.products:
        place.look(product)
        place.plan(product)


def _timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started
