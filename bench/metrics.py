"""Asking CloudWatch for 5,000 series with 30 ms to each call, and the pages that show them, in the server's time."""

import gc
import tempfile
from collections.abc import Iterator
from math import ceil
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench.database import database
from bench.report import LIMIT, Row, against, exactly

if TYPE_CHECKING:
    from bench.metrics_ground import Ground

PRODUCTS, LATENCY_MS, ROUNDS = 100, 30, 5
PER_CALL = 500
"""AWS: the most metrics that one GetMetricData takes."""


def measure(*, full: bool = False) -> Iterator[Row]:
    """Rows as they come; `full` adds a year of roll-ups for all sources."""
    with database() as owner, tempfile.TemporaryDirectory() as folder:
        # As a web worker starts: all pages imported.
        import timcombo_console.wsgi  # noqa: F401
        from bench import metrics_pages, metrics_rollups
        from bench.estate_pages import release_manager
        from bench.metrics_ground import ground

        with ground(Path(folder), PRODUCTS, LATENCY_MS) as place:
            yield from refreshes(place, ROUNDS)
        # The web process has no AWS clients: what these left in this one is not collected while its pages are measured.
        gc.collect()
        gc.freeze()
        client, user = release_manager()
        yield from metrics_pages.measure(owner, client, user)
        if full:
            yield from metrics_rollups.measure(owner, client)


def refreshes(place: "Ground", rounds: int) -> Iterator[Row]:
    """What is new is asked for, by the console and by the AWS CLI in turn."""
    ours, theirs, calls, samples = [], [], [], []
    place.refresh()
    for _ in range(rounds):
        since = place.cloud.next_call()
        ours.append(place.refresh())
        calls.append(place.asked(since))
        samples.append(place.renewed())
        theirs.append(place.by_hand())
    what = f"{place.series:,} series"
    yield exactly(f"{what} refreshed: calls", max(calls, default=0), ceil(place.series / PER_CALL))
    yield exactly(f"{what} refreshed: sources with the newest sample", min(samples), place.sources)
    yield against(f"{what} refreshed, slowest of {rounds}", max(ours), 15.0, LIMIT, 1)
    name = f"{len(place.questions)} × aws cloudwatch get-metric-data"
    yield against(f"{what} refreshed, kept and rolled up", median(ours), median(theirs), name, 1)
