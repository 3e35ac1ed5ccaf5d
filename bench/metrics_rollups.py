"""A year of numbers of 500 distributions: what their table takes, and how long reading 30 days from it takes."""

import time
from collections.abc import Iterator
from statistics import quantiles

from django.test import Client

from bench.audit_pages import get
from bench.database import Owner
from bench.estate_pages import REQUESTS, p95
from bench.metrics_pages import PAGE_BAR, PAGES
from bench.report import LIMIT, Row, against

# What retention leaves after a year, written in the order of time, as collectors do.
YEAR = """
INSERT INTO monitoring_sample (source_id, period, at, "values")
SELECT s.id, {period}, at, ARRAY[r, r * 5e4, r * 900, n % 7, n % 11 / 9.0, n % 13, 80 + n % 17, 40 + n % 9, 90 + n % 31, 200 + n % 77]
FROM generate_series(date_trunc('hour', now()) - interval '{days} days', now(), interval '{period} s') WITH ORDINALITY t (at, n),
  monitoring_source s, LATERAL (SELECT ((n + s.id) % 9000)::float8) v (r)
WHERE s.kind = 'distribution'
ON CONFLICT DO NOTHING
"""
PERIODS = {300: 63, 3600: 365, 86_400: 365}
"""By period in seconds, for how many days there are samples."""
GIGABYTE = 1e9
FIVE = "SELECT id FROM monitoring_source WHERE kind = 'distribution' ORDER BY id LIMIT 5"
SIZES = """
SELECT (SELECT count(*) FROM monitoring_sample), pg_table_size('monitoring_sample'), pg_indexes_size('monitoring_sample')
"""
READ = """
SELECT source_id, at, "values" FROM monitoring_sample
WHERE source_id = ANY(%s) AND period = 3600 AND at >= now() - interval '30 days' ORDER BY at
"""


def measure(owner: Owner, client: Client) -> Iterator[Row]:
    """Rows of size and of time; the pages are those of `bench.metrics_pages`."""
    for period, days in PERIODS.items():
        owner.execute(YEAR.format(period=period, days=days).encode())
    owner.execute("VACUUM ANALYZE monitoring_sample")
    owner.execute("CHECKPOINT")
    rows, table, index = sizes(owner)
    yield against(f"a year of 500 distributions, {rows:,} rows: table, GB", table / GIGABYTE, 4, LIMIT, 1)
    yield against("a year of 500 distributions: index, GB", index / GIGABYTE, 1.5, LIMIT, 1)
    yield against("reading 30 days of 5 of them, p95", reading(owner), 0.05, LIMIT, 1)
    for what, address in PAGES.items():
        yield p95(f"a year kept: {what}, p95", PAGE_BAR, lambda at=address: get(client, at))  # type: ignore[misc]


def sizes(owner: Owner) -> tuple[int, int, int]:
    """Rows of the table, its bytes, and those of its index."""
    (found,) = owner.execute(SIZES).fetchall()
    rows, table, index = (int(str(value)) for value in found)
    return rows, table, index


def reading(owner: Owner) -> float:
    """Seconds of the query of the dashboard, the slowest in twenty left out."""
    sources = [pk for (pk,) in owner.execute(FIVE).fetchall()]
    seconds = []
    for _ in range(REQUESTS):
        started = time.perf_counter()
        owner.execute(READ, [sources]).fetchall()
        seconds.append(time.perf_counter() - started)
    return quantiles(seconds, n=20)[-1]
