"""What Lambda publishes about functions: what calls of them came to, or what a test or a demo said instead."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from devcloud.cloudwatch.numbers import KEPT, MINUTE, Metric, Numbers, Place, Point
from devcloud.cloudwatch.statistics import StatisticSet
from devcloud.lambdas.state import Function, Lambdas

NAMESPACE = "AWS/Lambda"
TOLD = ("Errors", "Throttles", "Invocations")


@dataclass(frozen=True)
class Told:
    """The numbers per minute that somebody said over the control address."""

    lambdas: Lambdas

    def metrics(self, place: Place, now: float) -> Iterable[Metric]:
        functions = self.lambdas.of(*place)
        for account, name in self.lambdas.errors:
            if account == place[0] and name in functions:
                yield from (Metric.of(NAMESPACE, each, {"FunctionName": name}) for each in TOLD)

    def points(
        self, place: Place, metric: Metric, start: float, end: float, period: int, now: float
    ) -> Iterator[Point]:
        """Each minute the same; those about certain code begin with the minute in which it came."""
        dimensions = dict(metric.dimensions)
        name = dimensions.get("FunctionName", "")
        told = self.lambdas.errors.get((place[0], name))
        if told is None or metric.namespace != NAMESPACE or metric.name not in TOLD or len(dimensions) > 1:
            return
        counted, since = _counted(told, metric.name), _since(told, self.lambdas.of(*place).get(name))
        first = int(max(start, end - KEPT[MINUTE]) // MINUTE * MINUTE)
        for at in range(first, int(end) + 1, MINUTE):
            if since is not None and at + MINUTE > since:
                yield Point(at, MINUTE, counted)


def _counted(told: dict[str, Any], name: str) -> StatisticSet:
    """AWS: of each call whether it was an error; nothing else is known of one that was throttled."""
    found, value = StatisticSet(), told[name.lower()]
    others = told["invocations"] - value if name == "Errors" else 0.0
    if value:
        found.add(1.0, value)
    if others > 0 or not value:
        found.add(0.0, max(others, 1.0))
    return found


def _since(told: dict[str, Any], function: Function | None) -> float | None:
    """Since when it is so (seconds since the epoch); None when nobody calls the code that it is about."""
    if not told["code_sha256"]:
        return 0.0
    called = function.called if function else None
    return called.modified if called and called.code.sha256 == told["code_sha256"] else None


def publish(
    numbers: Numbers, function: Function, qualifier: str, now: float, milliseconds: float, *, failed: bool
) -> None:
    """One call of a function. AWS: under its name, and under the version or alias that was called (`Resource`)."""
    resource = f"{function.name}:{qualifier}" if qualifier else function.name
    own = {"FunctionName": function.name}
    values = {"Invocations": 1.0, "Errors": float(failed), "Throttles": 0.0, "Duration": milliseconds}
    for dimensions in (own, {**own, "Resource": resource}):
        for name, value in values.items():
            place = function.account, function.region
            numbers.put(place, Metric.of(NAMESPACE, name, dimensions), now, value, now)
