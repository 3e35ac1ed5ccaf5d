"""Whether an environment fares worse after a deployment than before it. Pure.

Shares of failed requests are compared with those of the hour before: worse is what chance does not explain (three standard
deviations) and what is large enough to matter. Where there was little traffic before, only what is bad by itself besides.
Hit ratio and latency are judged at the end alone, because a deployment empties a part of the cache.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any, NamedTuple

from monitoring.joining import Values
from monitoring.kinds import API, DISTRIBUTION, FLEET, KINDS, Kind

ENOUGH = 50
"""With fewer requests of visitors nothing is said about a source; fewer before do not make anything worse, they only excuse."""
SEVERAL = 3
"""So few failures among good requests prove nothing."""
ALONE = 2.0
"""Percent of failures that are bad by themselves, where little is known of the time before."""
HIT_DROP = 20.0
"""Points by which the hit ratio must fall to matter."""
SLOWER, SLOWER_MS = 2.0, 100.0
"""Latency matters when it is so many times as long and longer by so much."""

Joined = Mapping[str, Values]
"""By kind of source, its values in some time, joined to one row; a source without numbers is left out."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of failures: of which kind, in words, made of which metrics, and from how many points more on it matters."""

    kind: Kind
    label: str
    failures: tuple[str, ...]
    margin: float


RATES = (
    Rate(DISTRIBUTION, "Answers 5xx", ("errors_5xx",), 0.5),
    Rate(DISTRIBUTION, "Answers 4xx", ("errors_4xx",), 5.0),
    Rate(API, "API answers 5xx", ("errors_5xx",), 0.5),
    Rate(API, "API answers 4xx", ("errors_4xx",), 5.0),
    Rate(FLEET, "Failed calls of handlers", ("errors", "throttles"), 0.5),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One comparison: values before and after (None: not known), in `unit`, whether it is worse, of how many
    requests, and of which kind of source."""

    label: str
    unit: str
    before: float | None
    after: float | None
    worse: bool
    total: float
    of: str = DISTRIBUTION.name

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Own(NamedTuple):
    """How many requests the console made at the edge itself, in the time before and since: no traffic to judge by."""

    before: float = 0.0
    since: float = 0.0


NONE = Own()


class Judgement(NamedTuple):
    """`verdict` is watching, healthy, degraded or unknown."""

    verdict: str
    text: str
    figures: tuple[Figure, ...]


def judge(
    before: Joined,
    after: Joined,
    *,
    warm: Joined | None,
    ended: bool,
    missing: str = "",
    own: Own = NONE,
) -> Judgement:
    """Compare the time before with the time after. `warm` is the time after without its first minutes, for what a cleared
    cache changes. `missing` says why numbers are not there that should be.
    """
    rates = tuple(_rates(before, after, own))
    slow = tuple(_at_the_end(before, warm if warm is not None and ended else {}, own))
    figures = (*rates, *slow)
    worse = [one for one in (*rates, *(slow if ended else ())) if one.worse]
    if worse:
        return Judgement("degraded", " ".join(map(sentence, worse)), figures)
    if not ended:
        return Judgement("watching", "", figures)
    if missing:
        return Judgement("unknown", missing, figures)
    return _at_peace(after, own.since, figures)


def _at_peace(after: Joined, own: float, figures: tuple[Figure, ...]) -> Judgement:
    most = max((_visitors(kind, _traffic(kind, values), own) for kind, values in after.items()), default=0.0)
    if most < ENOUGH:
        seen = f"{most:,.0f} requests" if most else "No request"
        text = f"Traffic was too low to say anything: {seen}, and {ENOUGH} are needed."
        return Judgement("unknown", text, figures)
    return Judgement("healthy", f"Nothing got worse in {most:,.0f} requests.", figures)


def _traffic(kind: str, values: Values) -> float:
    return KINDS[kind].traffic(values) or 0.0


def _visitors(kind: str, total: float, own: float) -> float:
    """How many requests were not the console's own."""
    return max(0.0, total - own) if kind == DISTRIBUTION.name else total


def _rates(before: Joined, after: Joined, own: Own) -> Iterator[Figure]:
    for rate in RATES:
        if rate.kind.name in after:
            then, now = (_share(rate, side.get(rate.kind.name)) for side in (before, after))
            if now is not None:
                yield _compared(rate, then, now, own)


class Share(NamedTuple):
    """So many failed of so many."""

    failed: float
    total: float

    @property
    def percent(self) -> float:
        return 100.0 * self.failed / self.total


def _share(rate: Rate, values: Values | None) -> Share | None:
    """None where nothing is known. CloudFront tells percents, the others counts."""
    total = rate.kind.traffic(values) if values else None
    if values is None or not total:
        return None
    parts = [values[rate.kind.index(name)] for name in rate.failures]
    known = [part for part in parts if part is not None]
    if rate.kind is DISTRIBUTION:
        return Share(known[0] * total / 100, total) if known else None
    return Share(min(sum(known), total), total)


def _compared(rate: Rate, before: Share | None, after: Share, own: Own) -> Figure:
    name, then = rate.kind.name, before.percent if before else None
    sure = before is not None and _visitors(name, before.total, own.before) >= ENOUGH
    enough = _visitors(name, after.total, own.since) >= ENOUGH
    bad = sure or after.percent >= max(ALONE, rate.margin)
    worse = enough and bad and not _by_chance(before, after) and after.percent - (then or 0.0) >= rate.margin
    return Figure(rate.label, "percent", then, after.percent, worse, after.total, name)


def _by_chance(before: Share | None, after: Share) -> bool:
    expected = before.percent / 100 * after.total if before else 0.0
    return after.failed <= expected + 3 * sqrt(expected) or after.failed < SEVERAL


def _at_the_end(before: Joined, after: Joined, own: Own) -> Iterator[Figure]:
    name = DISTRIBUTION.name
    if name not in after:
        return
    total = _traffic(name, after[name])
    then_total = _traffic(name, before[name]) if name in before else 0.0
    enough = min(_visitors(name, total, own.since), _visitors(name, then_total, own.before)) >= ENOUGH

    def both(metric: str) -> tuple[float | None, float | None]:
        at = DISTRIBUTION.index(metric)
        return before[name][at] if name in before else None, after[name][at]

    then, now = both("hit_ratio")
    if now is not None:
        fell = then is not None and then - now >= HIT_DROP
        yield Figure("Cache hit ratio", "percent", then, now, fell and enough, total)
    then, now = both("latency_p95")
    if now is not None:
        slower = then is not None and now >= SLOWER * then and now - then >= SLOWER_MS
        yield Figure("Origin latency p95", "ms", then, now, slower and enough, total)


def sentence(figure: Figure) -> str:
    """ "Answers 5xx: 4.2 %, before 0.1 %." """
    before = (
        "nothing is known of before" if figure.before is None else f"before {_told(figure.before, figure)}"
    )
    after = "not known" if figure.after is None else _told(figure.after, figure)
    return f"{figure.label}: {after}, {before}."


def _told(value: float, figure: Figure) -> str:
    return f"{value:.1f} %" if figure.unit == "percent" else f"{value:,.0f} ms"


JUDGED = tuple(kind for kind in KINDS.values() if kind in (DISTRIBUTION, FLEET, API))
"""The kinds of sources whose numbers tell how an environment fares."""
