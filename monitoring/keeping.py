"""Writing samples: by the period they were asked in, and rolled up by the hour."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection

from monitoring.joining import Values, floor, joined
from monitoring.kinds import FIVE_MINUTES, HOUR, KINDS
from monitoring.models import Sample, Source

UPSERT = """
INSERT INTO monitoring_sample (source_id, period, at, "values")
SELECT source, period, at, told::float8[]
FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[], %s::text[]) AS new (source, period, at, told) ORDER BY 1, 2, 3
ON CONFLICT (source_id, period, at) DO UPDATE SET "values" = excluded."values"
WHERE monitoring_sample."values" IS DISTINCT FROM excluded."values"
"""
SPARKS = 13
"""Points of the line in the matrix: five minutes each, so the last hour."""
WIDTH, HEIGHT = 48, 16

Samples = Mapping[datetime, Values]


def keep(period: int, samples: Mapping[int, Samples], partial: Collection[int] = ()) -> None:
    """Write the samples of sources by primary key, over what was known; of `partial` ones only what came.

    Late and doubled numbers do no harm: the last answer counts.
    """
    known = _known(period, samples, partial)
    rows = [
        (source, period, at, _filled(values, known.get((source, at))))
        for source, every in sorted(samples.items())
        for at, values in sorted(every.items())
    ]
    _write(rows)


def _write(rows: Sequence[tuple[int, int, datetime, list[float | None]]]) -> None:
    """In one statement, because a month of a new source is ten thousand of them."""
    if not rows:
        return
    sources, periods, times, values = zip(*rows, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, [list(sources), list(periods), list(times), list(map(_array, values))])


def _array(values: Values) -> str:
    """As PostgreSQL writes an array; one has no arrays of arrays of different lengths."""
    return "{" + ",".join("NULL" if value is None else repr(float(value)) for value in values) + "}"


def _known(
    period: int, samples: Mapping[int, Samples], partial: Collection[int]
) -> dict[tuple[int, datetime], Values]:
    """What was known of the same periods of sources of which only a part came."""
    times = [at for source in partial for at in samples.get(source, ())]
    if not times:
        return {}
    rows = Sample.objects.filter(source__in=partial, period=period, at__range=(min(times), max(times)))
    return {(source, at): values for source, at, values in rows.values_list("source_id", "at", "values")}


def _filled(values: Values, known: Values | None) -> list[float | None]:
    if known is None:
        return list(values)
    return [old if new is None else new for new, old in zip(values, known, strict=True)]


def roll_up(sources: Iterable[Source], since: datetime) -> None:
    """Join the five minutes of every hour since then, and draw the lines of the matrix anew."""
    by_pk = {source.pk: source for source in sources}
    first = floor(since, HOUR)
    rows = Sample.objects.filter(source__in=by_pk, period=FIVE_MINUTES, at__gte=first).order_by("at")
    hours: dict[tuple[int, datetime], list[Values]] = defaultdict(list)
    for source, at, values in rows.values_list("source_id", "at", "values"):
        hours[source, floor(at, HOUR)].append(values)
    _write(
        [
            (source, HOUR, hour, joined(KINDS[by_pk[source].kind], values))
            for (source, hour), values in sorted(hours.items())
        ]
    )


def draw_sparks(sources: Sequence[Source], until: datetime) -> None:
    """The line of each source's traffic in the last hour, as the points of a polyline."""
    first = until - timedelta(seconds=SPARKS * FIVE_MINUTES)
    rows = Sample.objects.filter(source__in=sources, period=FIVE_MINUTES, at__gte=first, at__lt=until)
    traffic: dict[int, dict[datetime, float]] = defaultdict(dict)
    for pk, at, values in rows.values_list("source_id", "at", "values"):
        traffic[pk][at] = values[0] or 0.0
    times = [first + timedelta(seconds=FIVE_MINUTES * number) for number in range(SPARKS)]
    for source in sources:
        mine = traffic.get(source.pk, {})
        source.spark = spark([mine.get(at, 0.0) for at in times]) if mine else ""
    Source.objects.bulk_update(sources, ["spark"], batch_size=500)


def spark(values: Sequence[float]) -> str:
    """Points of a line in a box of 48 by 16; `no requests` is the floor."""
    top, step = max(values), WIDTH / (len(values) - 1)
    heights = [HEIGHT - 1 - (HEIGHT - 2) * value / top if top else HEIGHT - 1 for value in values]
    return " ".join(f"{round(at * step, 1):g},{round(height, 1):g}" for at, height in enumerate(heights))
