"""What tests put into CloudWatch over the control address."""

from collections.abc import Mapping
from typing import Any

from devcloud.cloudwatch.numbers import Metric, Numbers


def put_points(numbers: Numbers, wish: Mapping[str, Any], now: float) -> int:
    """`{account, region, namespace, metric, dimensions: {}, points: [[epoch seconds, value, count?]]}`; returns how many
    points there were. They may be up to 455 days old. Raises ValueError for a wish that makes no sense."""
    try:
        place = str(wish["account"]), str(wish["region"])
        dimensions = {str(name): str(value) for name, value in wish.get("dimensions", {}).items()}
        metric = Metric.of(wish["namespace"], wish["metric"], dimensions)
        points = [(float(at), float(value), *map(float, count)) for at, value, *count in wish["points"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"missing in the wish, or of the wrong kind: {error}") from error
    for at, value, *count in points:
        numbers.put(place, metric, at, value, now, *count)
    return len(points)
