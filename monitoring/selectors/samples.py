"""Reading samples for charts and tables: a fixed number of queries, whatever their number."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import connection

from monitoring.joining import Values
from monitoring.kinds import DISTRIBUTION, Join, Kind
from monitoring.models import Sample, Source

# Times as seconds: thousands of them as text would take a third of the time to read.
SAMPLES = """
SELECT source_id, extract(epoch FROM at)::float8, "values" FROM monitoring_sample
WHERE source_id = ANY(%s) AND period = %s AND at >= %s AND at < %s ORDER BY at
"""


def samples_of(
    sources: Iterable[Source], period: int, start: datetime, end: datetime
) -> dict[int, dict[datetime, list[float | None]]]:
    """By the source's primary key and time. One query."""
    found: dict[int, dict[datetime, list[float | None]]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(SAMPLES, [[one.pk for one in sources], period, start, end])
        for pk, seconds, values in cursor.fetchall():
            found[pk][datetime.fromtimestamp(seconds, UTC)] = values
    return found


@dataclass
class Overview:
    """All distributions: joined by the beginning of each period, and each joined over the whole time."""

    by_time: dict[datetime, Values] = field(default_factory=dict)
    by_source: dict[int, Values] = field(default_factory=dict)
    whole: Values = ()


TOGETHER = """
SELECT extract(epoch FROM at)::float8, {joined} FROM (
  SELECT at, {values} FROM monitoring_accountsample WHERE period = %s AND at >= %s AND at < %s OFFSET 0) told
GROUP BY at ORDER BY at
"""
EACH = """
SELECT source_id, {joined} FROM (
  SELECT source_id, {values} FROM monitoring_sample
  WHERE period = %s AND at >= %s AND at < %s AND source_id IN (
    SELECT id FROM monitoring_source WHERE kind = %s AND gone_at IS NULL) OFFSET 0) told
GROUP BY GROUPING SETS ((source_id), ())
"""


def overview(period: int, each_period: int, start: datetime, end: datetime) -> Overview:
    """All distributions as `monitoring.joining.joined` does it, by the database, because it is many rows. Two queries.

    Together they are read in one period, each by itself in another, which begins and ends with the time asked about.
    """
    found, columns = Overview(whole=[None] * len(DISTRIBUTION.metrics)), columns_of(DISTRIBUTION)
    with connection.cursor() as cursor:
        cursor.execute(TOGETHER.format(**columns), [period, start, end])
        rows = cursor.fetchall()
        found.by_time = {datetime.fromtimestamp(seconds, UTC): values for seconds, *values in rows}
        cursor.execute(EACH.format(**columns), [each_period, start, end, DISTRIBUTION.name])
        for source, *values in cursor.fetchall():
            if source is None:
                found.whole = values
            else:
                found.by_source[source] = values
    return found


def columns_of(kind: Kind) -> dict[str, str]:
    """SQL for a kind whose metrics are added or weighted: its `values` as columns m1, m2 …, and these `joined`.

    Arrays begin at 1, and the first is the traffic that others are weighted by. A query takes values out of the array
    once and by themselves (OFFSET 0 keeps that apart), because to do so again in every sum takes most of the time.
    """
    every = list(enumerate(kind.metrics, 1))
    return {
        "values": ", ".join(f'"values"[{at}] AS m{at}' for at, _ in every),
        "joined": ", ".join(_column(metric.join, at) for at, metric in every),
    }


def _column(join: Join, at: int) -> str:
    if join is Join.SUM:
        return f"sum(m{at})"
    return f"sum(m{at} * m1) / nullif(sum(m1) FILTER (WHERE m{at} IS NOT NULL), 0)"


def newest(sources: Sequence[Source]) -> dict[int, tuple[datetime, list[float | None]]]:
    """The last sample of each, whatever its period: for what is measured once a day. One query."""
    rows = Sample.objects.filter(source__in=[one.pk for one in sources]).order_by("source_id", "-at")
    return {
        pk: (at, values)
        for pk, at, values in rows.distinct("source_id").values_list("source_id", "at", "values")
    }
