"""What CloudWatch is asked about a source, and what its answer means."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from aws.metrics import Found, Points, Question, Search, Series
from monitoring.joining import Values
from monitoring.kinds import (
    API,
    BUCKET,
    CERTIFICATE,
    DISTRIBUTION,
    FLEET,
    HTTP_API_NAMES,
    KINDS,
    Join,
    Metric,
)
from monitoring.models import Source

Dimensions = tuple[tuple[str, str], ...]
STORAGE = {"BucketSizeBytes": "StandardStorage", "NumberOfObjects": "AllStorageTypes"}
"""AWS: which of a bucket's numbers is kept under which type of storage."""


def questions_about(source: Source, period: int) -> list[Question]:
    """One for each metric of its kind, in their order; none while its dimensions are not known."""
    kind = KINDS[source.kind]
    if kind is FLEET:
        return [_search(source, metric, period) for metric in kind.metrics]
    if kind is API and "dimensions" not in source.told:
        return []
    return [
        Series(kind.namespace, _name(source, metric), metric.stat, period, _dimensions(source, metric))
        for metric in kind.metrics
    ]


def _search(source: Source, metric: Metric, period: int) -> Search:
    words = "".join(letter if letter.isalnum() else " " for letter in source.name).split()
    return Search(FLEET.namespace, "FunctionName", tuple(words), metric.aws, metric.stat, period)


def _name(source: Source, metric: Metric) -> str:
    is_http = source.kind == API.name and source.told["dimensions"][0][0] == "ApiId"
    return HTTP_API_NAMES.get(metric.aws, metric.aws) if is_http else metric.aws


def _dimensions(source: Source, metric: Metric) -> Dimensions:
    if source.kind == DISTRIBUTION.name:
        return (("DistributionId", source.name), ("Region", "Global"))
    if source.kind == BUCKET.name:
        return (("BucketName", source.name), ("StorageType", STORAGE[metric.aws]))
    if source.kind == CERTIFICATE.name:
        return (("CertificateArn", source.name),)
    return tuple((name, value) for name, value in source.told["dimensions"])


def samples_from(source: Source, found: Sequence[Found]) -> dict[datetime, Values]:
    """By the beginning of each period that has data, the values in the order of the kind's metrics."""
    if source.kind == FLEET.name:
        return _of_fleet(source.name, found)
    times = sorted({at for one in found for at in one.points})
    return {at: [one.points.get(at) for one in found] for at in times}


def _of_fleet(prefix: str, found: Sequence[Found]) -> dict[datetime, Values]:
    """All functions whose names begin with the prefix as one; a search finds others, too."""
    mine = [
        {name: points for name, points in one.by_label.items() if name.startswith(prefix)} for one in found
    ]
    calls = mine[0]
    columns = [
        _added(functions.values()) if metric.join is Join.SUM else _weighed(functions, calls)
        for metric, functions in zip(FLEET.metrics, mine, strict=True)
    ]
    times = sorted({at for column in columns for at in column})
    return {at: [column.get(at) for column in columns] for at in times}


def _added(functions: Iterable[Points]) -> Points:
    total: Points = defaultdict(float)
    for points in functions:
        for at, value in points.items():
            total[at] += value
    return dict(total)


def _weighed(functions: dict[str, Points], calls: dict[str, Points]) -> Points:
    sums: dict[datetime, float] = defaultdict(float)
    weights: dict[datetime, float] = defaultdict(float)
    for name, points in functions.items():
        for at, value in points.items():
            weight = calls.get(name, {}).get(at, 0.0)
            sums[at] += value * weight
            weights[at] += weight
    return {at: sums[at] / weights[at] for at in sums if weights[at]}
