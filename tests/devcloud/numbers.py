"""What the tests of CloudWatch share."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.cloud import CloudProcess
from tests.devcloud.conftest import MEDIA

SHOP = {"Shop": "one"}
MINUTE = timedelta(minutes=1)


def this_minute() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0)


def put(
    cloud: CloudProcess,
    points: Iterable[tuple[datetime, float] | tuple[datetime, float, float]],
    metric: str = "Orders",
    namespace: str = "Own",
    dimensions: Mapping[str, str] = SHOP,
) -> None:
    """Numbers of the media account in us-east-1, of any age."""
    told = [[at.timestamp(), *rest] for at, *rest in points]
    about = {"namespace": namespace, "metric": metric, "dimensions": dict(dimensions), "points": told}
    cloud.control("POST", "/metrics", {"account": MEDIA, "region": "us-east-1", **about})


def stat(
    metric: str = "Orders",
    statistic: str = "Sum",
    period: int = 60,
    *,
    query_id: str = "a",
    namespace: str = "Own",
    dimensions: Mapping[str, str] = SHOP,
    **more: Any,
) -> dict[str, Any]:
    """A query for one metric."""
    listed = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    about = {"Namespace": namespace, "MetricName": metric, "Dimensions": listed}
    return {"Id": query_id, "MetricStat": {"Metric": about, "Period": period, "Stat": statistic}, **more}


def edge(metric: str, statistic: str, distribution: str, **more: Any) -> dict[str, Any]:
    """A query for a metric of a distribution."""
    dimensions = {"DistributionId": distribution, "Region": "Global"}
    return stat(metric, statistic, namespace="AWS/CloudFront", dimensions=dimensions, **more)


def ask(watch: Any, *queries: dict[str, Any], hours: float = 1, **more: Any) -> dict[str, Any]:
    """The answer about the last hours, up to the end of this minute."""
    now = this_minute()
    span = {"StartTime": now - timedelta(hours=hours), "EndTime": now + MINUTE, **more}
    return dict(watch.get_metric_data(MetricDataQueries=list(queries), **span))


def values(watch: Any, *queries: dict[str, Any], **more: Any) -> list[float]:
    """The values of the first result."""
    return list(ask(watch, *queries, **more)["MetricDataResults"][0]["Values"])
