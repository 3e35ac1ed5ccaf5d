"""Which state the numbers give an alarm, minute by minute.

AWS: of the last N data points M must breach the threshold; a few more are looked at in case some are missing.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from devcloud.cloudwatch.composites import follow
from devcloud.cloudwatch.expressions import Line
from devcloud.cloudwatch.numbers import DAY, MINUTE, Numbers, Place
from devcloud.cloudwatch.queries import Query, Span, ask
from devcloud.cloudwatch.state import ALARM, METRIC, OK, UNKNOWN, Alarms, State

MORE = 2
"""How many more periods are looked at than the alarm asks for."""
LONGEST_LOOK = 15 * DAY
"""How far back numbers by the minute reach."""
COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (lambda value, limit: value > limit, "greater than"),
    "GreaterThanOrEqualToThreshold": (lambda value, limit: value >= limit, "greater than or equal to"),
    "LessThanThreshold": (lambda value, limit: value < limit, "less than"),
    "LessThanOrEqualToThreshold": (lambda value, limit: value <= limit, "less than or equal to"),
}
TREATED = {"breaching": "Breaching", "notBreaching": "NonBreaching"}
Points = Sequence[tuple[int, float | None]]
"""The periods of an alarm, oldest first: when each begins, and its value where it has one."""


def evaluate(alarms: Alarms, numbers: Numbers, place: Place, now: float) -> None:
    """Judge all alarms of a place at each minute since they were judged last, and note what changes."""
    for alarm in alarms.of(place).values():
        if alarm.type != METRIC:
            continue
        last = now // MINUTE * MINUTE
        first = max(alarm.evaluated + MINUTE, last - LONGEST_LOOK / 2)
        if first > last:
            continue
        values = _values(alarm.wish, numbers, Span(place, first - _reach(alarm.wish), last + 1, now))
        for at in range(int(first), int(last) + 1, MINUTE):
            points = _points(alarm.wish, values, at, numbers.settings.metric_seconds)
            state = judge(alarm.wish, points, alarm.state, at)
            if state.value != alarm.state.value:
                alarms.enter(place, alarm, state, at)
        alarm.evaluated = last
    follow(alarms, place, now)


def queries(wish: Query) -> list[Query]:
    """What an alarm watches, as queries of GetMetricData: one metric, or those that it names."""
    if "Metrics" in wish:
        return list(wish["Metrics"])
    metric = {name: wish[name] for name in ("Namespace", "MetricName", "Dimensions") if name in wish}
    statistic = wish.get("Statistic") or wish.get("ExtendedStatistic")
    return [{"Id": "m1", "MetricStat": {"Metric": metric, "Period": wish["Period"], "Stat": statistic}}]


def _values(wish: Query, numbers: Numbers, span: Span) -> Mapping[int, float]:
    asked = queries(wish)
    (returned,) = [each["Id"] for each in asked if each.get("ReturnData", True)]
    value = ask(numbers, span, asked).value(returned)
    return value.points if isinstance(value, Line) else {}


def _period(wish: Query) -> int:
    return max(int(each["MetricStat"]["Period"]) for each in queries(wish) if "MetricStat" in each)


def _periods(wish: Query) -> int:
    return int(wish["EvaluationPeriods"]) + MORE


def _reach(wish: Query) -> int:
    return _period(wish) * (_periods(wish) + 1)


def _points(wish: Query, values: Mapping[int, float], at: int, late: float) -> Points:
    """The periods that are over; of days, which have one data point at their beginning, also the present one."""
    period = _period(wish)
    newest = at // period * period - (0 if period >= DAY else period)
    begins = [newest - period * back for back in reversed(range(_periods(wish)))]
    return [(each, values.get(each) if each <= at - late else None) for each in begins]


def judge(wish: Query, points: Points, before: State, at: int) -> State:
    """The state that these periods give an alarm.

    AWS: as many real data points as the alarm asks for decide alone; where there are fewer, missing ones count as the
    alarm says.
    """
    wanted = int(wish["EvaluationPeriods"])
    real = [(begins, value) for begins, value in points if value is not None][-wanted:]
    missing = wanted - len(real)
    value = _value(wish, points, [each for _, each in real], missing) or before.value
    return State(value, _reason(wish, real, missing, value), _data(wish, real, at))


def _value(wish: Query, points: Points, real: Sequence[float], missing: int) -> str | None:
    """OK, ALARM or INSUFFICIENT_DATA; None where the alarm keeps the state that it has."""
    breaches, treated = _breaches(wish), wish.get("TreatMissingData", "missing")
    needed, bad = _needed(wish), sum(breaches(each) for each in real)
    if treated == "breaching":
        bad += missing
    if bad >= needed or (treated not in TREATED and missing and _prematurely(wish, points)):
        return ALARM
    if not real and treated not in TREATED:
        return UNKNOWN if treated == "missing" else None
    undecided = treated not in TREATED and bad > 0 and bad + missing >= needed
    return None if undecided else OK


def _prematurely(wish: Query, points: Points) -> bool:
    """AWS: also with too few data points, when the oldest breaching one is as old as the alarm asks for, and all newer ones
    breach or are missing; never for a new one alone."""
    breaches = _breaches(wish)
    bad = [number for number, (_, value) in enumerate(points) if value is not None and breaches(value)]
    if not bad or len(points) - bad[0] < _needed(wish):
        return False
    return all(value is None or breaches(value) for _, value in points[bad[0] :])


def _breaches(wish: Query) -> Callable[[float], bool]:
    compare, _ = COMPARISONS[wish["ComparisonOperator"]]
    return lambda value: compare(value, wish["Threshold"])


def _needed(wish: Query) -> int:
    return int(wish.get("DatapointsToAlarm") or wish["EvaluationPeriods"])


def _reason(wish: Query, real: Sequence[tuple[int, float]], missing: int, value: str) -> str:
    """As AWS words it."""
    treated = TREATED.get(wish.get("TreatMissingData", "missing"))
    wanted = wish["EvaluationPeriods"]
    if not real and treated is None:
        return f"Insufficient Data: {wanted} datapoints were unknown."
    if not real:
        received = f"no datapoints were received for {wanted} periods"
        return f"Threshold Crossed: {received} and {wanted} missing datapoints were treated as [{treated}]."
    counted = [each for each in real if _breaches(wish)(each[1]) == (value == ALARM)]
    listed = ", ".join(f"{each} ({_day(at)})" for at, each in reversed(counted))
    word = COMPARISONS[wish["ComparisonOperator"]][1]
    crossed = f"were {word}" if value == ALARM else f"were not {word}"
    filled = f" and {missing} missing datapoints were treated as [{treated}]" if missing and treated else ""
    return (
        f"Threshold Crossed: {len(counted)} out of the last {len(real)} datapoints [{listed}] {crossed} the threshold "
        f"({wish['Threshold']}){filled} (minimum {_needed(wish)} datapoints for OK -> ALARM transition)."
    )


def _data(wish: Query, real: Sequence[tuple[int, float]], at: int) -> dict[str, Any]:
    return {
        "version": "1.0",
        "queryDate": _stamp(at),
        "startDate": _stamp(real[0][0]) if real else None,
        "period": _period(wish),
        "recentDatapoints": [value for _, value in real],
        "threshold": wish["Threshold"],
    }


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%d/%m/%y %H:%M:%S")


def _stamp(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
