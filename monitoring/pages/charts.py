"""Charts as plain data: which there are, their lines, and the numbers in their heads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any

from monitoring.joining import Values
from monitoring.kinds import API, DISTRIBUTION, FLEET, Kind, Unit

Number = Callable[[Values], float | None]
DIGITS = {Unit.PERCENT: 2}
COLOURS = ("run", "ink", "warn", "go", "stop", "quiet")
"""Tokens of the palette; beyond them lines repeat, dashed."""


def _metric(kind: Kind, name: str) -> Number:
    at = kind.index(name)
    return lambda values: values[at]


def _share(kind: Kind, *names: str) -> Number:
    """Percent of the traffic that these counts are."""
    places = [kind.index(name) for name in names]

    def share(values: Values) -> float | None:
        known = [value for at in places if (value := values[at]) is not None]
        traffic = kind.traffic(values)
        return 100 * sum(known) / traffic if known and traffic else None

    return share


@dataclass(frozen=True)
class Drawing:
    """A chart of a kind of source. `beside` is a second line, dashed, drawn where the chart is of one environment."""

    name: str
    title: str
    kind: Kind
    unit: Unit
    number: Number
    label: str = ""
    beside: tuple[str, Number] | None = None

    @property
    def adds(self) -> bool:
        """Whether a value is of a whole period, and larger the longer that is."""
        return self.unit in (Unit.COUNT, Unit.BYTES)


def _latency(name: str, title: str, kind: Kind) -> Drawing:
    beside = ("p50", _metric(kind, "latency_p50"))
    return Drawing(name, title, kind, Unit.MS, _metric(kind, "latency_p95"), "p95", beside)


AT_THE_EDGE = (
    Drawing("requests", "Requests", DISTRIBUTION, Unit.COUNT, _metric(DISTRIBUTION, "requests")),
    Drawing("hit_ratio", "Cache hit ratio", DISTRIBUTION, Unit.PERCENT, _metric(DISTRIBUTION, "hit_ratio")),
    Drawing("errors_5xx", "Answers 5xx", DISTRIBUTION, Unit.PERCENT, _metric(DISTRIBUTION, "errors_5xx")),
    Drawing("errors_4xx", "Answers 4xx", DISTRIBUTION, Unit.PERCENT, _metric(DISTRIBUTION, "errors_4xx")),
    _latency("latency", "Origin latency", DISTRIBUTION),
    Drawing("bytes_down", "Bytes sent", DISTRIBUTION, Unit.BYTES, _metric(DISTRIBUTION, "bytes_down")),
)
BEHIND_IT = (
    Drawing("invocations", "Calls of handlers", FLEET, Unit.COUNT, _metric(FLEET, "invocations")),
    Drawing("failed", "Failed calls of handlers", FLEET, Unit.PERCENT, _share(FLEET, "errors", "throttles")),
    Drawing("api_5xx", "API answers 5xx", API, Unit.PERCENT, _share(API, "errors_5xx")),
    _latency("api_latency", "API latency", API),
)
DRAWINGS: Mapping[str, Drawing] = {one.name: one for one in (*AT_THE_EDGE, *BEHIND_IT)}


@dataclass(frozen=True)
class Line:
    """One line: values by place in time, None for a gap."""

    label: str
    colour: str
    dash: bool
    values: list[float | None]


@dataclass(frozen=True)
class Chart:
    """One chart with its lines. `now` is the newest value of the first line that has one, `usual` its median."""

    drawing: Drawing
    lines: list[Line]
    now: float | None
    usual: float | None
    not_enabled: bool = False

    @property
    def legend(self) -> list[Line]:
        """Its lines, where they need telling apart."""
        return self.lines if len(self.lines) > 1 else []

    def as_json(self) -> dict[str, Any]:
        lines = [{"n": one.label, "c": one.colour, "dash": one.dash, "d": one.values} for one in self.lines]
        return {"u": self.drawing.unit, "s": lines}


@dataclass
class Rows:
    """What is drawn: by label (an environment's name) and kind of source, the samples by time."""

    times: Sequence[datetime]
    by_label: dict[str, dict[str, Mapping[datetime, Values]]] = field(default_factory=dict)
    not_enabled: set[str] = field(default_factory=set)
    """Labels of which it is known that they lack the additional metrics."""


def chart(drawing: Drawing, rows: Rows) -> Chart | None:
    """The chart, None where no environment has such a source."""
    having = {
        label: kinds[drawing.kind.name]
        for label, kinds in rows.by_label.items()
        if drawing.kind.name in kinds
    }
    if not having:
        return None
    lines = [
        _line(
            drawing.label or label if len(having) == 1 else label,
            place,
            drawing,
            drawing.number,
            rows.times,
            samples,
        )
        for place, (label, samples) in enumerate(having.items())
    ]
    first = lines[0].values
    if drawing.beside and len(lines) == 1:
        label, number = drawing.beside
        lines.append(Line(label, "quiet", True, _values(drawing, number, rows.times, *having.values())))
    known = [value for value in first if value is not None]
    extra = drawing.name in EXTRA and not any(value is not None for line in lines for value in line.values)
    return Chart(
        drawing,
        lines,
        _newest(first),
        median(known) if known else None,
        extra and set(having) <= rows.not_enabled,
    )


def _newest(values: Sequence[float | None]) -> float | None:
    """Of the last two periods: the last one may just have ended, and its numbers are still to come."""
    return next((value for value in reversed(values[-2:]) if value is not None), None)


EXTRA = frozenset({"hit_ratio", "latency"})
"""Charts of the additional metrics."""


def _line(
    label: str,
    place: int,
    drawing: Drawing,
    number: Number,
    times: Sequence[datetime],
    samples: Mapping[datetime, Values],
) -> Line:
    dash, colour = divmod(place, len(COLOURS))
    return Line(label, COLOURS[colour], bool(dash), _values(drawing, number, times, samples))


def _values(
    drawing: Drawing, number: Number, times: Sequence[datetime], samples: Mapping[datetime, Values]
) -> list[float | None]:
    """As precise as anybody reads them: pages are smaller for it."""
    digits, rows = DIGITS.get(drawing.unit), map(samples.get, times)
    return [None if row is None or (value := number(row)) is None else round(value, digits) for row in rows]


def chart_data(
    charts: Sequence[Chart], times: Sequence[datetime], period: int, marks: Sequence[tuple[datetime, str]]
) -> dict[str, Any]:
    """What the script draws: the times as their beginning, step and number."""
    return {
        "x": [round(times[0].timestamp()) if times else 0, period, len(times)],
        "marks": [[round(at.timestamp()), label] for at, label in marks],
        "charts": {one.drawing.name: one.as_json() for one in charts},
    }
