"""Metrics that accounts put themselves, and the list of all."""

from collections.abc import Iterator, Mapping
from typing import Any

from devcloud.cloudwatch.call import Result, WatchCall, invalid, metric_of, seconds
from devcloud.cloudwatch.numbers import DAY, HOUR, Metric

MOST_DATA, MOST_VALUES, LISTED = 1_000, 150, 500
OLDEST, NEWEST = 14 * DAY, 2 * HOUR


def put_metric_data(call: WatchCall) -> Result:
    """AWS: up to a thousand data, from two weeks old to two hours ahead; all of them or none."""
    data, namespace = call.params.get("MetricData", []), call.params["Namespace"]
    if not 1 <= len(data) <= MOST_DATA:
        raise invalid(f"The collection MetricData must have 1 to {MOST_DATA} items.")
    if namespace.startswith("AWS/"):
        raise invalid("The value AWS/ for parameter Namespace is invalid.")
    checked = [(metric_of(one, namespace), _time(call, one), list(_counted(one))) for one in data]
    for metric, at, values in checked:
        for value, count in values:
            call.numbers.put(call.place, metric, at, value, call.now, count)
    return {}


def _time(call: WatchCall, datum: Mapping[str, Any]) -> float:
    at = seconds(datum["Timestamp"], "Timestamp") if "Timestamp" in datum else call.now
    if not -NEWEST <= call.now - at <= OLDEST:
        raise invalid("The parameter Timestamp must be from two weeks ago to two hours ahead.")
    return at


def _counted(datum: Mapping[str, Any]) -> Iterator[tuple[float, float]]:
    """Values and how often they came. AWS: one value, up to 150 with their counts, or a set of statistics."""
    given = [name for name in ("Value", "Values", "StatisticValues") if name in datum]
    if len(given) != 1:
        raise invalid("Exactly one of Value, Values and StatisticValues is needed")
    if "Value" in datum:
        yield float(datum["Value"]), 1.0
    elif "Values" in datum:
        values = datum["Values"]
        counts = datum.get("Counts", [1.0] * len(values))
        if len(values) != len(counts) or len(values) > MOST_VALUES:
            raise invalid(f"Values has up to {MOST_VALUES} items, and Counts as many")
        yield from zip(map(float, values), map(float, counts), strict=True)
    else:
        yield from _spread(datum["StatisticValues"])


def _spread(told: Mapping[str, float]) -> Iterator[tuple[float, float]]:
    """Values with these statistics: the least, the greatest, and the rest as their average."""
    count, total = float(told["SampleCount"]), float(told["Sum"])
    least, greatest = float(told["Minimum"]), float(told["Maximum"])
    if count < 2 or least == greatest:
        yield total / count if count else 0.0, count
        return
    yield least, 1.0
    yield greatest, 1.0
    if count > 2:
        yield (total - least - greatest) / (count - 2), count - 2


def list_metrics(call: WatchCall) -> Result:
    """AWS: 500 at a time, those with data in the last two weeks; of a dimension perhaps only the name is wanted."""
    found = [one for one in call.numbers.metrics(call.place, call.now) if _wanted(one, call.params)]
    page, more = call.page(found, LISTED)
    return {"Metrics": [_shown(one) for one in page], **more}


def _wanted(metric: Metric, params: Mapping[str, Any]) -> bool:
    own = dict(metric.dimensions)
    return (
        params.get("Namespace", metric.namespace) == metric.namespace
        and params.get("MetricName", metric.name) == metric.name
        and all(
            one["Name"] in own and one.get("Value", own[one["Name"]]) == own[one["Name"]]
            for one in params.get("Dimensions", ())
        )
    )


def _shown(metric: Metric) -> Result:
    dimensions = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    return {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}
