"""What CloudFront publishes about each distribution."""

from typing import NamedTuple

from devcloud.cloudfront.state import Distribution
from devcloud.cloudwatch.numbers import Metric, Numbers

NAMESPACE, REGION = "AWS/CloudFront", "us-east-1"
PERCENT = 100.0


class Seen(NamedTuple):
    """One answer to a viewer: bytes to it and from it, whether the cache had it, and how many milliseconds origins took."""

    status: int
    down: int
    up: int
    hit: bool
    waited: float | None


def metric_of(distribution_id: str, name: str) -> Metric:
    """AWS: both dimensions are needed."""
    return Metric.of(NAMESPACE, name, {"DistributionId": distribution_id, "Region": "Global"})


def publish(numbers: Numbers, distribution: Distribution, seen: Seen, now: float) -> None:
    """AWS: rates are percentages, here of each request, so that averages are weighted by requests; the last two metrics are
    for distributions with a monitoring subscription only."""
    refused, failed = 400 <= seen.status < 500, seen.status >= 500
    values = {
        "Requests": 1.0,
        "BytesDownloaded": float(seen.down),
        "BytesUploaded": float(seen.up),
        "4xxErrorRate": PERCENT * refused,
        "5xxErrorRate": PERCENT * failed,
        "TotalErrorRate": PERCENT * (refused or failed),
    }
    if distribution.metrics == "Enabled":
        values["CacheHitRate"] = PERCENT * seen.hit
        values |= {} if seen.waited is None else {"OriginLatency": seen.waited}
    for name, value in values.items():
        numbers.put((distribution.account, REGION), metric_of(distribution.id, name), now, value, now)
