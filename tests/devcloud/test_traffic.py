"""Sample traffic: visitors in the background, bursts on demand, and numbers of the time before."""

import random
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from devcloud.cloud import Cloud
from devcloud.cloudwatch.numbers import DAY, MINUTE, Place
from devcloud.edge.metrics import metric_of
from devcloud.estate import read_estate
from devcloud.s3.store import Version
from devcloud.traffic.generator import Traffic
from devcloud.traffic.history import History
from devcloud.traffic.rhythm import busiest, rhythm
from devcloud.traffic.sites import stock
from devcloud.traffic.visits import Visitor
from tests.cloud import ESTATE, CloudProcess
from tests.devcloud.conftest import DEV_BUCKET, MEDIA
from tests.devcloud.numbers import edge, stat, values
from tests.devcloud.test_cloudfront import DEV

PROD, PROD_BUCKET = "E1TIMCPROD0000", "tim-app-prod-855652006097"
HERE: Place = (MEDIA, "us-east-1")
PAGE = b'<link href="/assets/style-1a2b.css"><script src="/assets/main-1a2b.js"></script><a href="https://x.example/">'
FILES = {"index.html": PAGE, "assets/style-1a2b.css": b"a", "assets/main-1a2b.js": b"b", "config.json": b"{}"}


@pytest.fixture
def made() -> Cloud:
    """A cloud with sample traffic whose dev environment has something to serve."""
    cloud = Cloud(read_estate(Path(ESTATE)), sample=True)
    for key, body in FILES.items():
        cloud.buckets[DEV_BUCKET].add(Version(key, "1", cloud.now(), body, key))
    return cloud


def total(cloud: Cloud, name: str, statistic: str = "Sum", distribution: str = DEV) -> float | None:
    """A statistic of what came after the cloud began."""
    now = cloud.now()
    read = cloud.numbers.read(HERE, metric_of(distribution, name), now - DAY, now, MINUTE, now)
    history = next(each for each in cloud.numbers.sources if isinstance(each, History))
    told = [each.tell(statistic) for at, each in read.items() if at >= history.began // MINUTE * MINUTE]
    return sum(each for each in told if each is not None)


def test_visitors_come_to_what_has_something_to_serve(made: Cloud) -> None:
    traffic = Traffic(made)
    requests = sum(traffic.come(1.0) for _ in range(600))
    assert 10 <= requests <= 600
    assert total(made, "Requests") == requests
    failed = total(made, "TotalErrorRate") or 0.0
    assert 0 <= failed / 100 <= 0.1 * requests
    assert total(made, "Requests", distribution=PROD) == 0


def test_visitors_ask_for_what_the_page_names_and_call_the_api(made: Cloud) -> None:
    Traffic(made).come(600.0)
    paths = {path for path, _ in made.cache._entries[DEV]}
    assert {"/index.html", "/assets/style-1a2b.css", "/assets/main-1a2b.js", "/config.json"} <= paths
    functions = made.lambdas.of("532595801838", "us-east-2").values()
    assert sum(function.calls for function in functions) > 0


def test_a_disabled_distribution_is_not_visited(made: Cloud) -> None:
    made.cdn.distributions[DEV].config["Enabled"] = False
    assert Traffic(made).come(600.0) == 0


def test_more_come_by_day_and_to_production(made: Cloud) -> None:
    noon = 20_000 * DAY + 15 * 3_600
    assert rhythm(noon) > 3 * rhythm(noon - DAY / 2)
    monday, sunday = noon + 3 * DAY, noon + 2 * DAY
    assert (time.gmtime(monday).tm_wday, time.gmtime(sunday).tm_wday) == (0, 6)
    assert rhythm(monday) > 1.5 * rhythm(sunday)
    rates = {each.id: busiest(each) for each in made.cdn.distributions.values()}
    assert rates[PROD] > 3 * rates["E1TIMCTEST0000"]


@pytest.mark.alone
def test_visitors_cost_little(made: Cloud) -> None:
    """Below three percent of a core."""
    traffic, begin = Traffic(made), time.process_time()
    for _ in range(300):
        traffic.come(1.0)
    assert time.process_time() - begin < 0.03 * 300


def test_thirty_days_before_the_beginning_are_made_up(made: Cloud) -> None:
    """They are the same whenever they are asked for, in any period."""
    now, metric = made.now(), metric_of(DEV, "Requests")
    end = now // 3_600 * 3_600

    def requests(period: int, days: float) -> float:
        read = made.numbers.read(HERE, metric, end - days * DAY, end, period, now)
        return sum(each.sum for each in read.values())

    assert requests(3_600, 40) == pytest.approx(requests(300, 30), rel=0.01)
    assert requests(60, 2) == requests(300, 2) == requests(3_600, 2) > 1_000
    rates = made.numbers.read(HERE, metric_of(DEV, "4xxErrorRate"), end - DAY, end, 3_600, now)
    averages = [each.tell("Average") or 0.0 for each in rates.values()]
    assert (len(averages), 0 < sum(averages) / len(averages) < 3) == (24, True)
    hits = made.numbers.read(HERE, metric_of(DEV, "CacheHitRate"), end - DAY, end, 3_600, now)
    assert hits == {}
    made.cdn.distributions[DEV].metrics = "Enabled"
    hits = made.numbers.read(HERE, metric_of(DEV, "CacheHitRate"), end - DAY, end, 3_600, now)
    assert all(85 < (each.tell("Average") or 0.0) < 97 for each in hits.values())
    assert len(hits) == 24


def test_without_traffic_there_is_no_past() -> None:
    cloud = Cloud(read_estate(Path(ESTATE)))
    now = cloud.now()
    assert cloud.numbers.read(HERE, metric_of(DEV, "Requests"), now - DAY, now, 3_600, now) == {}


def test_a_burst_comes_at_once_and_counts_in_the_past(cloud: CloudProcess, s3: Any) -> None:
    for key, body in FILES.items():
        s3.put_object(Bucket=DEV_BUCKET, Key=key, Body=body, ContentType="text/html")
    wish = {"distribution": DEV, "requests": 300, "seconds": 1_200}
    told = cloud.control("POST", "/traffic", wish)["statuses"]
    assert sum(told.values()) == 300
    assert told["200"] > 250
    watch = cloud.client("cloudwatch", "media", "read", region="us-east-1")
    minutes = values(watch, edge("Requests", "Sum", DEV))
    assert (sum(minutes), len(minutes) >= 20) == (300, True)


@pytest.mark.parametrize(
    "wish",
    [{"distribution": "E0", "requests": 1}, {"distribution": DEV}, {"distribution": PROD, "requests": 1}],
)
def test_a_burst_that_makes_no_sense_is_refused(cloud: CloudProcess, wish: dict[str, Any]) -> None:
    with pytest.raises(HTTPError) as caught:
        cloud.control("POST", "/traffic", wish)
    with caught.value as error:
        assert error.code == 400


def test_the_process_has_traffic_when_it_is_told_to() -> None:
    process = CloudProcess(options=("--traffic",))
    try:
        process.client("s3").put_object(Bucket=PROD_BUCKET, Key="index.html", Body=PAGE)
        watch = process.client("cloudwatch", "media", "read", region="us-east-1")
        assert len(values(watch, edge("Requests", "Sum", DEV, period=3_600), hours=24 * 29)) >= 24 * 28
        here = process.client("cloudwatch", "media", "read")
        dimensions = {"BucketName": DEV_BUCKET, "StorageType": "AllStorageTypes"}
        number = stat("NumberOfObjects", "Average", 86_400, namespace="AWS/S3", dimensions=dimensions)
        assert len(values(here, number, hours=24 * 8)) >= 7
        _wait_for_visitors(watch)
    finally:
        process.close()


def _wait_for_visitors(watch: Any) -> None:
    """Until somebody came after the start: the past ends with the five minutes before it. Production has visitors also in
    the quietest hour of a weekend."""
    deadline = time.monotonic() + 90
    query = stat("TotalErrorRate", "SampleCount", namespace="AWS/CloudFront")
    query["MetricStat"]["Metric"]["Dimensions"] = edge("x", "Sum", PROD)["MetricStat"]["Metric"]["Dimensions"]
    while not values(watch, query, hours=0):
        assert time.monotonic() < deadline, "nobody came"
        time.sleep(0.2)


def test_sites_made_by_hand_have_something_to_serve_and_others_are_left_alone(made: Cloud) -> None:
    stock(made)
    flux = next(each for each in made.cdn.distributions.values() if each.id == "E25ON3LWW4KFNF")
    statuses = list(Visitor(made, flux, random.Random(3), made.now()).visit())
    assert statuses[:3] == [200, 200, 200]
    assert made.buckets[DEV_BUCKET].current("index.html").body == PAGE  # type: ignore[union-attr]
