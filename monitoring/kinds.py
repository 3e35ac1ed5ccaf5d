"""What is measured: the kinds of sources, their metrics at AWS, and how values of several are joined. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

MINUTE, FIVE_MINUTES, HOUR, DAY = 60, 300, 3600, 86_400
"""Lengths of the periods that are kept, in seconds."""


class Join(StrEnum):
    """How values of several periods or sources become one: added, as a mean weighted by traffic, or the newest."""

    SUM = "sum"
    MEAN = "mean"
    LAST = "last"


class Unit(StrEnum):
    """What a value counts; percent are 0 to 100."""

    COUNT = "count"
    BYTES = "bytes"
    PERCENT = "percent"
    MS = "ms"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Metric:
    """One number of a source. `aws` and `stat` as CloudWatch names them; `extra` ones exist only where they are paid for."""

    name: str
    aws: str
    stat: str
    join: Join
    unit: Unit
    extra: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of source. Samples hold a value for each of `metrics`, in this order: new ones are added at the end.

    `period` is the finest that is asked as a rule, in seconds; `first_days` how far back a new source is asked. The first
    metric is the traffic by which means are weighted; requests that it leaves out are those of the metric `left_out`.
    """

    name: str
    namespace: str
    metrics: tuple[Metric, ...]
    period: int = FIVE_MINUTES
    first_days: int = 30
    left_out: str = ""

    def traffic(self, values: Sequence[float | None]) -> float | None:
        """How many requests a sample is of; None where that is not known."""
        counts = (values[0], values[self.index(self.left_out)] if self.left_out else None)
        known = [count for count in counts if count is not None]
        return sum(known) if known else None

    def index(self, metric: str) -> int:
        """Where its value stands in a sample. Raises KeyError."""
        found = next((at for at, one in enumerate(self.metrics) if one.name == metric), None)
        if found is None:
            raise KeyError(f"{self.name} has no metric {metric!r}.")
        return found


SUM, MEAN, LAST = Join.SUM, Join.MEAN, Join.LAST
COUNT, BYTES, PERCENT, MS, DAYS = Unit.COUNT, Unit.BYTES, Unit.PERCENT, Unit.MS, Unit.DAYS

# AWS: each metric of CloudFront has one statistic that means something; rates are percent. Hit rate and latency belong
# to the additional metrics, which a distribution has only with a monitoring subscription.
DISTRIBUTION = Kind(
    "distribution",
    "AWS/CloudFront",
    (
        Metric("requests", "Requests", "Sum", SUM, COUNT),
        Metric("bytes_down", "BytesDownloaded", "Sum", SUM, BYTES),
        Metric("bytes_up", "BytesUploaded", "Sum", SUM, BYTES),
        Metric("errors_4xx", "4xxErrorRate", "Average", MEAN, PERCENT),
        Metric("errors_5xx", "5xxErrorRate", "Average", MEAN, PERCENT),
        Metric("errors", "TotalErrorRate", "Average", MEAN, PERCENT),
        Metric("hit_ratio", "CacheHitRate", "Average", MEAN, PERCENT, extra=True),
        Metric("latency_p50", "OriginLatency", "p50", MEAN, MS, extra=True),
        Metric("latency_p95", "OriginLatency", "p95", MEAN, MS, extra=True),
        Metric("latency_p99", "OriginLatency", "p99", MEAN, MS, extra=True),
    ),
)
# AWS: all functions of a fleet come from one search for each metric, which finds up to 500 of them. A throttled call is no
# invocation.
FLEET = Kind(
    "fleet",
    "AWS/Lambda",
    (
        Metric("invocations", "Invocations", "Sum", SUM, COUNT),
        Metric("errors", "Errors", "Sum", SUM, COUNT),
        Metric("throttles", "Throttles", "Sum", SUM, COUNT),
        Metric("duration_p95", "Duration", "p95", MEAN, MS),
    ),
    first_days=1,
    left_out="throttles",
)
API = Kind(
    "api",
    "AWS/ApiGateway",
    (
        Metric("calls", "Count", "Sum", SUM, COUNT),
        Metric("errors_4xx", "4XXError", "Sum", SUM, COUNT),
        Metric("errors_5xx", "5XXError", "Sum", SUM, COUNT),
        Metric("latency_p50", "Latency", "p50", MEAN, MS),
        Metric("latency_p95", "Latency", "p95", MEAN, MS),
    ),
)
HTTP_API_NAMES = {"4XXError": "4xx", "5XXError": "5xx"}
"""AWS: HTTP APIs name these otherwise than REST APIs."""
# AWS: once a day, and up to two days late.
BUCKET = Kind(
    "bucket",
    "AWS/S3",
    (
        Metric("bytes", "BucketSizeBytes", "Average", LAST, BYTES),
        Metric("objects", "NumberOfObjects", "Average", LAST, COUNT),
    ),
    period=DAY,
)
CERTIFICATE = Kind(
    "certificate",
    "AWS/CertificateManager",
    (Metric("days_left", "DaysToExpiry", "Minimum", LAST, DAYS),),
    period=DAY,
    first_days=3,
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (DISTRIBUTION, FLEET, API, BUCKET, CERTIFICATE)}
