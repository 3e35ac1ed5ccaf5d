"""GetMetricData, PutMetricData and ListMetrics: what AWS answers and refuses."""

import gzip
import json
from datetime import timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from devcloud.cloudwatch.numbers import DAY, Series
from devcloud.identity import OWNER_KEY, OWNER_SECRET
from tests.cloud import CloudProcess
from tests.devcloud.conftest import MEDIA, Refused
from tests.devcloud.numbers import MINUTE, SHOP, ask, put, stat, this_minute, values

FORM = "application/x-www-form-urlencoded; charset=utf-8"


@pytest.fixture
def watch(cloud: CloudProcess) -> Any:
    return cloud.client("cloudwatch", "media", "owner", region="us-east-1")


def test_a_period_is_told_as_sums_averages_and_percentiles(cloud: CloudProcess, watch: Any) -> None:
    now = this_minute()
    put(cloud, [(now, float(value)) for value in range(1, 101)])
    names = ("Sum", "Average", "Minimum", "Maximum", "SampleCount", "p50", "p95", "p99.5", "p100")
    found = [values(watch, stat(statistic=name)) for name in names]
    assert found == [[5050.0], [50.5], [1.0], [100.0], [100.0], [50.0], [95.0], [100.0], [100.0]]


def test_averages_are_weighted_by_how_often_a_value_came(cloud: CloudProcess, watch: Any) -> None:
    hour = this_minute().replace(minute=0) - timedelta(hours=1)
    put(cloud, [(hour, 100.0, 1), (hour + MINUTE, 0.0, 99)])
    assert values(watch, stat(statistic="Average", period=60), hours=3) == [0.0, 100.0]
    assert values(watch, stat(statistic="Average", period=3600), hours=3) == [1.0]


def test_data_points_begin_at_multiples_of_the_period_newest_first(cloud: CloudProcess, watch: Any) -> None:
    """AWS: descending times by default; a period without data has no data point."""
    noon = this_minute().replace(hour=12, minute=0) - timedelta(days=2)
    put(cloud, [(noon + minute * MINUTE, 1.0) for minute in (1, 4, 6, 21)])
    span = {"StartTime": noon + MINUTE, "EndTime": noon + timedelta(minutes=30)}
    (found,) = watch.get_metric_data(MetricDataQueries=[stat(period=300)], **span)["MetricDataResults"]
    minutes = [(at - noon) / MINUTE for at in found["Timestamps"]]
    assert (minutes, found["Values"], found["StatusCode"]) == ([20, 5, 0], [1, 1, 2], "Complete")
    (found,) = watch.get_metric_data(
        MetricDataQueries=[stat(period=300)], ScanBy="TimestampAscending", **span
    )["MetricDataResults"]
    assert [(at - noon) / MINUTE for at in found["Timestamps"]] == [0, 5, 20]


def test_the_start_counts_and_the_end_does_not(cloud: CloudProcess, watch: Any) -> None:
    """AWS: StartTime is inclusive, EndTime exclusive."""
    now = this_minute() - timedelta(hours=1)
    put(cloud, [(now, 1.0), (now + MINUTE, 2.0)])
    span = {"StartTime": now, "EndTime": now + MINUTE}
    (found,) = watch.get_metric_data(MetricDataQueries=[stat()], **span)["MetricDataResults"]
    assert (found["Timestamps"], found["Values"]) == ([now], [1.0])


@pytest.mark.parametrize("dimensions", [{}, {"Shop": "two"}, {"Shop": "one", "Region": "Global"}])
def test_wrong_dimensions_find_nothing_and_are_no_error(
    cloud: CloudProcess, watch: Any, dimensions: dict[str, str]
) -> None:
    """AWS: a metric is all its dimensions; one that is not there has no data."""
    put(cloud, [(this_minute(), 1.0)])
    (found,) = ask(watch, stat(dimensions=dimensions))["MetricDataResults"]
    assert (found["Values"], found["StatusCode"]) == ([], "Complete")


def test_numbers_are_of_one_account_and_region(cloud: CloudProcess, watch: Any) -> None:
    put(cloud, [(this_minute(), 1.0)])
    elsewhere = cloud.client("cloudwatch", "media", "owner", region="us-east-2")
    other = cloud.client("cloudwatch", "sandbox", "owner", region="us-east-1")
    assert (values(watch, stat()), values(elsewhere, stat()), values(other, stat())) == ([1.0], [], [])


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (stat(query_id="A1"), "expected pattern"),
        (stat(period=90), "multiple of 60"),
        (stat(statistic="Median"), "for parameter Stat is not supported"),
        ({"Id": "a", "Expression": "b * 2"}, "b is no Id of a query"),
        ({"Id": "a", "Expression": "a + 1"}, "it needs itself"),
        ({"Id": "a", "Expression": "1 +"}, "Error in expression '1 \\+'"),
        ({"Id": "a", "Expression": "1 + 1"}, "a number and no time series"),
        ({"Id": "a"}, "Exactly one of MetricStat and Expression"),
        ({"Id": "a", "Expression": "SEARCH('', 'Sum', 60)"}, "the search is empty"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(watch: Any, query: dict[str, Any], words: str) -> None:
    with pytest.raises(watch.exceptions.ClientError, match=words) as caught:
        ask(watch, query)
    assert caught.value.response["Error"]["Code"] == "ValidationError"


def test_up_to_five_hundred_queries_with_an_id_each(watch: Any, refused: Refused) -> None:
    """AWS: 500 queries a call, Ids unique."""
    many = [stat(query_id=f"m{number}") for number in range(501)]
    with refused("ValidationError", 400):
        ask(watch, *many)
    with refused("ValidationError", 400):
        ask(watch, stat(), stat())
    assert len(ask(watch, *many[:500])["MetricDataResults"]) == 500


def test_the_start_is_before_the_end(watch: Any, refused: Refused) -> None:
    with refused("ValidationError", 400):
        ask(watch, stat(), EndTime=this_minute() - timedelta(hours=1))


@pytest.mark.parametrize("period", [1, 5, 10, 30])
def test_there_are_no_seconds(cloud: CloudProcess, watch: Any, period: int) -> None:
    """AWS: periods below a minute have data for metrics of high resolution only."""
    put(cloud, [(this_minute(), 1.0)])
    assert values(watch, stat(period=period)) == []


@pytest.mark.parametrize(
    ("days", "period", "there"),
    [
        (14, 60, True),
        (16, 60, False),
        (16, 300, True),
        (64, 300, False),
        (64, 3600, True),
        (456, 3600, False),
    ],
)
def test_old_numbers_are_kept_in_long_periods_only(
    cloud: CloudProcess, watch: Any, days: int, period: int, there: bool
) -> None:
    """AWS: by the minute for 15 days, by five for 63, by the hour for 455."""
    put(cloud, [(this_minute() - timedelta(days=days), 7.0)])
    assert values(watch, stat(period=period), hours=days * 24 + 2) == ([7.0] if there else [])


def test_minutes_are_joined_when_they_grow_old() -> None:
    """AWS: data by the minute becomes data by five minutes after 15 days, and by the hour after 63."""
    series, begin = Series(), 1_000 * DAY
    for minute in range(10):
        series.add(begin + 60 * minute, 1.0, 1.0, begin + 600)

    def kept(days: float) -> list[tuple[int, int, float]]:
        series.fold(begin + days * DAY)
        return [(at - begin, seconds, told.sum) for at, seconds, told in series.points(begin, begin + 3600)]

    assert kept(14) == [(60 * minute, 60, 1.0) for minute in range(10)]
    assert kept(16) == [(0, 300, 5.0), (300, 300, 5.0)]
    assert kept(64) == [(0, 3600, 10.0)]
    assert kept(456) == []


def test_an_answer_comes_in_pages(cloud: CloudProcess, watch: Any, refused: Refused) -> None:
    """AWS: MaxDatapoints a page, NextToken for the rest; a result is PartialData until its last page."""
    now = this_minute()
    for name in ("Orders", "Visits"):
        put(cloud, [(now - minute * MINUTE, float(minute)) for minute in range(5)], name)
    asked = [stat(), stat("Nothing", query_id="b"), stat("Visits", query_id="c")]
    pages, token = [], dict[str, Any]()
    while True:
        page = ask(watch, *asked, MaxDatapoints=3, **token)
        pages.append([(r["Id"], r["Values"], r["StatusCode"]) for r in page["MetricDataResults"]])
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert pages == [
        [("a", [0, 1, 2], "PartialData")],
        [("a", [3, 4], "Complete"), ("b", [], "Complete"), ("c", [0], "PartialData")],
        [("c", [1, 2, 3], "PartialData")],
        [("c", [4], "Complete")],
    ]
    with refused("InvalidNextToken", 400):
        ask(watch, *asked, NextToken="nobody gave it")
    with refused("ValidationError", 400):
        ask(watch, *asked, MaxDatapoints=100_801)


def test_a_page_has_at_most_100800_data_points(cloud: CloudProcess, watch: Any) -> None:
    """AWS: 100,800 data points a call, whatever is asked for."""
    now = this_minute()
    put(cloud, [(now - minute * MINUTE, 1.0) for minute in range(20_000)])
    queries = [stat(query_id=f"m{number}", statistic="Sum") for number in range(6)]
    first = ask(watch, *queries, hours=340)
    assert sum(len(result["Values"]) for result in first["MetricDataResults"]) == 100_800
    last = ask(watch, *queries, hours=340, NextToken=first["NextToken"])
    assert [(r["Id"], len(r["Values"]), r["StatusCode"]) for r in last["MetricDataResults"]] == [
        ("m5", 19_200, "Complete")
    ]


def test_numbers_come_late_when_told_to(cloud: CloudProcess, watch: Any) -> None:
    now = this_minute()
    put(cloud, [(now - 4 * MINUTE, 1.0), (now, 2.0)])
    cloud.settings(metric_seconds=120)
    assert values(watch, stat()) == [1.0]


def test_answers_can_be_partial(cloud: CloudProcess, watch: Any) -> None:
    now = this_minute()
    put(cloud, [(now, 1.0), (now - MINUTE, 2.0)])
    cloud.settings(partial_metrics=2)
    page = ask(watch, *(stat(query_id=name) for name in "abc"))
    found = [(r["StatusCode"], r["Values"]) for r in page["MetricDataResults"]]
    assert found == [("PartialData", [1]), ("InternalError", []), ("Complete", [1, 2])]
    assert "NextToken" not in page


def test_expressions_compute_with_results(cloud: CloudProcess, watch: Any) -> None:
    now = this_minute()
    put(cloud, [(now, 8.0), (now - MINUTE, 1.0), (now - 2 * MINUTE, 6.0)])
    put(cloud, [(now, 2.0), (now - MINUTE, 0.0)], "Visits")
    hidden = [stat(ReturnData=False), stat("Visits", query_id="b", ReturnData=False)]

    def result(expression: str) -> list[float]:
        (found,) = ask(watch, *hidden, {"Id": "x", "Expression": expression})["MetricDataResults"]
        assert found["Label"] == "x"
        return list(found["Values"])

    assert result("a + b * 2") == [12.0, 1.0]
    assert result("(a + b) * 2") == [20.0, 2.0]
    assert result("100 * a / b") == [400.0]
    assert result("IF(a > 5, b, 0)") == [2.0, 0.0]
    assert result("IF(a >= 8 && b, a, -1)") == [8.0, -1.0]
    assert result("SUM([a, b])") == [10.0, 1.0, 6.0]
    assert result("a / SUM(a)") == [8 / 15, 1 / 15, 6 / 15]
    assert result("MAX([a, b]) - 2 ^ 3") == [0.0, -7.0, -2.0]


FUNCTIONS = ("tim-dev-accounts-create", "tim-dev-accounts-delete", "tim-sb-orders")


@pytest.fixture
def functions(cloud: CloudProcess) -> None:
    for number, name in enumerate(FUNCTIONS):
        for metric in ("Errors", "Invocations"):
            put(cloud, [(this_minute(), number + 1.0)], metric, "Made/Lambda", {"FunctionName": name})
        versioned = {"FunctionName": name, "Resource": f"{name}:live"}
        put(cloud, [(this_minute(), 50.0)], "Errors", "Made/Lambda", versioned)


@pytest.mark.parametrize(
    ("terms", "found"),
    [
        ('MetricName="Errors"', [1, 2, 3]),
        ('MetricName="Errors" tim dev', [1, 2]),
        ('MetricName="Errors" tim-dev', [1, 2]),
        ('MetricName="Errors" FunctionName=DELETE', [2]),
        ('MetricName="Errors" account', []),
        ('MetricName="Errors" FunctionName="tim-sb"', []),
        ('MetricName="Errors" FunctionName="tim-sb-orders"', [3]),
        ('MetricName="Errors" NOT sb', [1, 2]),
        ('MetricName="Errors" (orders OR create)', [1, 3]),
        ('MetricName="Errors" FunctionName=("tim-sb-orders" OR delete)', [2, 3]),
        ('MetricName="Errors" AND FunctionName=sb', [3]),
        ('MetricName="Throttles"', []),
    ],
)
def test_a_search_finds_what_fits(functions: None, watch: Any, terms: str, found: list[int]) -> None:
    """AWS: the schema names all dimensions; words match whole parts of names, in quotes whole names."""
    expression = f"SEARCH('{{Made/Lambda,FunctionName}} {terms}', 'Sum', 60)"
    query = {"Id": "e", "Expression": expression, "Label": "${PROP('Dim.FunctionName')}"}
    results = ask(watch, query)["MetricDataResults"]
    assert sorted((r["Label"], r["Values"]) for r in results) == sorted(
        (FUNCTIONS[number - 1], [number]) for number in found
    )
    assert {r["Id"] for r in results} <= {"e"}


def test_what_a_search_finds_can_be_added_up(functions: None, watch: Any) -> None:
    expression = "SUM(SEARCH('{Made/Lambda,FunctionName} MetricName=\"Errors\"', 'Sum', 60))"
    assert values(watch, {"Id": "e", "Expression": expression}) == [6.0]


def test_a_search_knows_the_last_two_weeks_and_five_hundred_metrics(cloud: CloudProcess, watch: Any) -> None:
    """AWS: metrics without data for two weeks are not found, and not more than 500 of the others."""
    query = {"Id": "e", "Expression": "SEARCH('{Made,N} Old', 'Sum', 300)"}
    put(cloud, [(this_minute() - timedelta(days=15), 1.0)], "Old", "Made", {"N": "1"})
    assert ask(watch, query, hours=400)["MetricDataResults"] == []
    for number in range(502):
        put(cloud, [(this_minute(), 1.0)], "Old", "Made", {"N": str(number)})
    assert len(ask(watch, query)["MetricDataResults"]) == 500


def test_metrics_of_ones_own(cloud: CloudProcess, watch: Any) -> None:
    """AWS: a value, several with their counts, or a set of statistics; large bodies come packed."""
    about: dict[str, Any] = {"MetricName": "Orders", "Dimensions": [{"Name": "Shop", "Value": "one"}]}
    told = {"SampleCount": 4, "Sum": 20, "Minimum": 1, "Maximum": 9}
    given: list[dict[str, Any]] = [
        {"Value": 3.0},
        {"Values": [1.0, 2.0], "Counts": [5.0, 1.0]},
        {"StatisticValues": told},
    ]
    watch.put_metric_data(Namespace="Own", MetricData=[{**about, **one} for one in given])
    queries = [stat(statistic=name, query_id=name.lower()) for name in ("Sum", "SampleCount", "Maximum")]
    assert [r["Values"] for r in ask(watch, *queries)["MetricDataResults"]] == [[30.0], [11.0], [9.0]]
    watch.put_metric_data(Namespace="Own", MetricData=[{**about, "Value": 1.0}] * 1000)
    assert values(watch, stat(statistic="SampleCount")) == [1011.0]


def test_what_may_be_put(watch: Any, refused: Refused) -> None:
    """AWS: a thousand data a call, not older than two weeks, and AWS's own namespaces are AWS's."""
    datum: dict[str, Any] = {"MetricName": "Orders", "Value": 1.0}
    old = {**datum, "Timestamp": this_minute() - timedelta(days=15)}
    wishes: list[dict[str, Any]] = [
        {"Namespace": "Own", "MetricData": [datum] * 1001},
        {"Namespace": "Own", "MetricData": [datum, old]},
        {"Namespace": "AWS/CloudFront", "MetricData": [datum]},
        {"Namespace": "Own", "MetricData": [{"MetricName": "Orders"}]},
    ]
    for wish in wishes:
        with refused("ValidationError", 400):
            watch.put_metric_data(**wish)
    assert watch.list_metrics(Namespace="Own")["Metrics"] == []
    watch.put_metric_data(
        Namespace="Own", MetricData=[{**old, "Timestamp": this_minute() - timedelta(days=13)}]
    )


def test_metrics_are_listed_in_pages(cloud: CloudProcess, watch: Any) -> None:
    """AWS: 500 at a time, each once."""
    for number in range(501):
        put(cloud, [(this_minute(), 1.0), (this_minute() - MINUTE, 1.0)], dimensions={"N": f"{number:03}"})
    first = watch.list_metrics(Namespace="Own")
    rest = watch.list_metrics(Namespace="Own", NextToken=first["NextToken"])
    assert (len(first["Metrics"]), len(rest["Metrics"]), "NextToken" in rest) == (500, 1, False)
    named = watch.list_metrics(
        Namespace="Own", MetricName="Orders", Dimensions=[{"Name": "N", "Value": "007"}]
    )
    dimensions = [{"Name": "N", "Value": "007"}]
    assert named["Metrics"] == [{"Namespace": "Own", "MetricName": "Orders", "Dimensions": dimensions}]


def test_the_query_protocol_answers_in_xml(cloud: CloudProcess) -> None:
    """AWS: older clients send forms and get XML, errors too."""
    put(cloud, [(this_minute(), 4.0)])
    start, end = this_minute() - MINUTE, this_minute() + MINUTE
    prefix = "MetricDataQueries.member.1."
    form = {
        "Action": "GetMetricData",
        "Version": "2010-08-01",
        f"{prefix}Id": "a",
        "StartTime": start.isoformat(),
        "EndTime": end.isoformat(),
        f"{prefix}MetricStat.Metric.Namespace": "Own",
        f"{prefix}MetricStat.Metric.MetricName": "Orders",
        f"{prefix}MetricStat.Metric.Dimensions.member.1.Name": "Shop",
        f"{prefix}MetricStat.Metric.Dimensions.member.1.Value": SHOP["Shop"],
        f"{prefix}MetricStat.Period": "60",
        f"{prefix}MetricStat.Stat": "Sum",
    }
    status, answer = _post(cloud, urlencode(form).encode(), Content_Type=FORM)
    assert (status, "<Values><member>4.0</member></Values>" in answer) == (200, True)
    wrong = urlencode({**form, f"{prefix}Id": "A"}).encode()
    status, answer = _post(cloud, wrong, Content_Type=FORM)
    assert (status, "<Code>ValidationError</Code>" in answer) == (400, True)


def _post(cloud: CloudProcess, body: bytes, **headers: str) -> tuple[int, str]:
    """A signed call of the media account's owner, without boto3's help."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = AWSRequest("POST", cloud.endpoint + "/", data=body, headers=named)
    SigV4Auth(Credentials(OWNER_KEY + MEDIA, OWNER_SECRET), "monitoring", "us-east-1").add_auth(request)
    sent = Request(cloud.endpoint + "/", body, dict(request.headers), method="POST")
    try:
        with urlopen(sent, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_a_body_that_is_not_packed_as_it_says(cloud: CloudProcess) -> None:
    body = gzip.compress(json.dumps({"Namespace": "Own"}).encode())[:-12]
    status, answer = _post(
        cloud,
        body,
        Content_Type="application/x-amz-json-1.0",
        X_Amz_Target="GraniteServiceVersion20100801.PutMetricData",
        Content_Encoding="gzip",
    )
    assert (status, "not packed as it says" in answer) == (400, True)
