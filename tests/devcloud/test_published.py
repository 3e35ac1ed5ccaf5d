"""What services publish: the edge, S3 and ACM."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from devcloud.cloudwatch.numbers import DAY, Metric
from devcloud.s3.metrics import BucketSizes
from devcloud.s3.store import Bucket, Version
from tests.cloud import CloudProcess
from tests.devcloud.conftest import DEV_BUCKET, MEDIA, Page
from tests.devcloud.numbers import ask, edge, put, stat, this_minute, values
from tests.devcloud.test_cloudfront import DEV

DEV_HOST = "dev.tim-combo.com"
ADDITIONAL = ("CacheHitRate", "OriginLatency")


@pytest.fixture
def watch(cloud: CloudProcess) -> Any:
    return cloud.client("cloudwatch", "media", "read", region="us-east-1")


@pytest.fixture
def visits(s3: Any, browse: Callable[..., Page]) -> list[Page]:
    """Three of the page, of which two are answered by the cache, and one of what is not there."""
    s3.put_object(Bucket=DEV_BUCKET, Key="index.html", Body=b"<h1>one</h1>", CacheControl="max-age=60")
    return [browse(DEV_HOST, path) for path in ("/", "/", "/", "/nope.js")]


def test_the_edge_publishes_requests_bytes_and_error_rates(watch: Any, visits: list[Page]) -> None:
    """AWS: AWS/CloudFront in us-east-1, by DistributionId and Region=Global; rates are percentages."""
    down = float(sum(len(page.body) for page in visits))
    wanted = {
        ("Requests", "Sum"): 4.0,
        ("BytesDownloaded", "Sum"): down,
        ("BytesUploaded", "Sum"): 0.0,
        ("4xxErrorRate", "Average"): 25.0,
        ("5xxErrorRate", "Average"): 0.0,
        ("TotalErrorRate", "Average"): 25.0,
    }
    found = {key: values(watch, edge(*key, DEV, period=86_400), hours=24) for key in wanted}
    assert found == {key: [value] for key, value in wanted.items()}


@pytest.mark.parametrize("region", [{}, {"Region": "us-east-1"}])
def test_the_dimension_region_is_global(watch: Any, visits: list[Page], region: dict[str, str]) -> None:
    """AWS: without Region=Global there is no data and no error."""
    query = stat("Requests", namespace="AWS/CloudFront", dimensions={"DistributionId": DEV, **region})
    assert values(watch, query) == []


def test_additional_metrics_need_a_subscription(
    cloud: CloudProcess, watch: Any, cdn: Any, visits: list[Page], browse: Callable[..., Page]
) -> None:
    """AWS: CacheHitRate and OriginLatency are published while the distribution has a monitoring subscription."""
    assert [values(watch, edge(name, "Average", DEV)) for name in ADDITIONAL] == [[], []]
    subscription = {"RealtimeMetricsSubscriptionConfig": {"RealtimeMetricsSubscriptionStatus": "Enabled"}}
    cloud.client("cloudfront", "media", "owner").create_monitoring_subscription(
        DistributionId=DEV, MonitoringSubscription=subscription
    )
    for path in ("/", "/", "/", "/other.js"):
        browse(DEV_HOST, path)
    rate = edge("CacheHitRate", "Average", DEV, period=86_400)
    assert values(watch, rate, hours=24) == [75.0]
    (latency,) = values(watch, edge("OriginLatency", "p95", DEV, period=86_400), hours=24)
    (asked,) = values(watch, edge("OriginLatency", "SampleCount", DEV, period=86_400), hours=24)
    assert (20 <= latency <= 60, asked) == (True, 1.0)


def test_no_traffic_is_not_zero(watch: Any) -> None:
    """AWS: minutes without requests have no data points."""
    assert values(watch, edge("Requests", "Sum", DEV)) == []


def test_a_bucket_is_measured_once_a_day(cloud: CloudProcess) -> None:
    """AWS: one data point for each day that is over; BucketSizeBytes by class, NumberOfObjects over all."""
    place, today = (MEDIA, "us-east-2"), 20_000 * DAY
    bucket = Bucket("shop", *place, created=today - 1.5 * DAY)
    for version_id in ("1", "2"):
        bucket.add(Version("a.js", version_id, today, b"12345"))
    sizes = BucketSizes({"shop": bucket})

    def told(name: str, storage: str, here: tuple[str, str] = place) -> list[tuple[int, int, float]]:
        metric = Metric.of("AWS/S3", name, {"BucketName": "shop", "StorageType": storage})
        points = sizes.points(here, metric, today - 9 * DAY, today + 0.5 * DAY, DAY, today + 0.5 * DAY)
        return [((at - today) // DAY, seconds // DAY, one.sum) for at, seconds, one in points]

    assert told("BucketSizeBytes", "StandardStorage") == [(-2, 1, 10.0), (-1, 1, 10.0)]
    assert told("NumberOfObjects", "AllStorageTypes") == [(-2, 1, 2.0), (-1, 1, 2.0)]
    assert told("NumberOfObjects", "StandardStorage") == []
    assert told("BucketSizeBytes", "StandardStorage", (MEDIA, "us-east-1")) == []
    assert len(list(sizes.metrics(place, today))) == 2


def test_a_certificate_tells_its_days(cloud: CloudProcess, watch: Any) -> None:
    """AWS: DaysToExpiry by CertificateArn, daily."""
    query = {
        "Id": "days",
        "Expression": "SEARCH('{AWS/CertificateManager,CertificateArn} DaysToExpiry', 'Minimum', 86400)",
        "Label": "${PROP('Dim.CertificateArn')}",
    }
    found = {r["Label"]: r["Values"] for r in ask(watch, query, hours=48)["MetricDataResults"]}
    arns = [each["CertificateArn"] for each in _certificates(cloud)]
    assert found == {arn: [150.0] for arn in arns}


def _certificates(cloud: CloudProcess) -> list[dict[str, Any]]:
    acm = cloud.client("acm", "media", "read", region="us-east-1")
    return list(acm.list_certificates()["CertificateSummaryList"])


def test_numbers_can_be_put_with_any_age(cloud: CloudProcess, watch: Any) -> None:
    hour = this_minute().replace(minute=0) - timedelta(days=400)
    put(cloud, [(hour, 5.0, 3)])
    assert values(watch, stat(period=3600), hours=24 * 401) == [15.0]


def test_an_inbox_keeps_what_comes_and_answers_as_told(cloud: CloudProcess) -> None:
    def send(body: bytes) -> int:
        request = Request(cloud.control_url + "/inbox/team", body, {"X-Signature": "abc"}, method="POST")
        try:
            with urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except HTTPError as error:
            with error:
                return error.code

    assert send(b'{"a": 1}') == 204
    cloud.control("POST", "/inbox-settings", {"name": "team", "status": 503, "seconds": 0.1})
    assert send(b"again") == 503
    found = cloud.control("GET", "/inbox/team")["messages"]
    assert [each["body"] for each in found] == ['{"a": 1}', "again"]
    assert (found[0]["headers"]["x-signature"], found[0]["at"] > 0) == ("abc", True)
    assert cloud.control("GET", "/inbox/other")["messages"] == []
    cloud.control("POST", "/inbox-settings", {"name": "team"})
    for number in range(201):
        send(str(number).encode())
    kept = [each["body"] for each in cloud.control("GET", "/inbox/team")["messages"]]
    assert (len(kept), kept[-1], json.loads(kept[0])) == (200, "200", 1)


def test_points_that_make_no_sense_are_refused(cloud: CloudProcess) -> None:
    with pytest.raises(HTTPError) as caught:
        cloud.control("POST", "/metrics", {"account": MEDIA, "points": [[1, 2]]})
    with caught.value as error:
        assert (error.code, b"region" in error.read()) == (400, True)
