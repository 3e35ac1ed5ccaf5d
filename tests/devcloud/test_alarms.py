"""Alarms and the topics that they are told to: what AWS refuses, what comes back, and when they ring."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from devcloud.cloudwatch.evaluation import judge
from devcloud.cloudwatch.state import State
from tests.cloud import CloudProcess
from tests.devcloud.conftest import MEDIA, Refused
from tests.devcloud.numbers import MINUTE, SHOP, put, stat

NAME = "shop-errors"
TOPIC = f"arn:aws:sns:us-east-1:{MEDIA}:shop"
ALARM: dict[str, Any] = {
    "AlarmName": NAME,
    "Namespace": "AWS/CloudFront",
    "MetricName": "5xxErrorRate",
    "Statistic": "Average",
    "Period": 60,
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 5,
    "DatapointsToAlarm": 3,
    "Threshold": 1.0,
    "AlarmActions": [TOPIC],
}


@pytest.fixture
def watch(cloud: CloudProcess) -> Any:
    return cloud.client("cloudwatch", "media", "owner", region="us-east-1")


@pytest.fixture
def sns(cloud: CloudProcess) -> Any:
    return cloud.client("sns", "media", "owner", region="us-east-1")


def test_an_alarm_comes_back_and_is_replaced_as_a_whole(cloud: CloudProcess, watch: Any) -> None:
    watch.put_metric_alarm(**ALARM)
    (found,) = watch.describe_alarms(AlarmNames=[NAME, "other"])["MetricAlarms"]
    assert found["AlarmArn"] == f"arn:aws:cloudwatch:us-east-1:{MEDIA}:alarm:{NAME}"
    assert (found["StateValue"], found["ActionsEnabled"], found["Threshold"]) == (
        "INSUFFICIENT_DATA",
        True,
        1.0,
    )
    watch.disable_alarm_actions(AlarmNames=[NAME])
    assert not watch.describe_alarms()["MetricAlarms"][0]["ActionsEnabled"]
    watch.put_metric_alarm(**{name: value for name, value in ALARM.items() if name != "AlarmActions"})
    assert "AlarmActions" not in watch.describe_alarms()["MetricAlarms"][0]
    elsewhere = cloud.client("cloudwatch", "media", "owner", region="us-east-2")
    assert elsewhere.describe_alarms()["MetricAlarms"] == []


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"DatapointsToAlarm": 6}, "must not be greater than EvaluationPeriods"),
        ({"Period": 45}, "multiple of 60 seconds"),
        ({"TreatMissingData": "never"}, "TreatMissingData must be one of"),
        ({"AlarmActions": [TOPIC.replace("us-east-1", "us-east-2")]}, "of the alarm's own Region"),
        ({"Metrics": [{"Id": "a", "Expression": "1"}]}, "Exactly one of Metrics and MetricName"),
        ({"EvaluationPeriods": 1441, "DatapointsToAlarm": 1}, "not be longer than 86400 seconds"),
    ],
)
def test_an_alarm_that_makes_no_sense_is_refused(watch: Any, wish: dict[str, Any], words: str) -> None:
    with pytest.raises(watch.exceptions.ClientError, match=words):
        watch.put_metric_alarm(**ALARM | wish)
    assert watch.describe_alarms()["MetricAlarms"] == []


def test_where_one_is_not_there_none_is_deleted(watch: Any, refused: Refused) -> None:
    watch.put_metric_alarm(**ALARM)
    with refused("ResourceNotFound", 404):
        watch.delete_alarms(AlarmNames=[NAME, "other"])
    assert len(watch.describe_alarms()["MetricAlarms"]) == 1
    watch.delete_alarms(AlarmNames=[NAME])
    assert watch.describe_alarms()["MetricAlarms"] == []


OWN: dict[str, Any] = {
    "AlarmName": NAME,
    "Namespace": "Own",
    "MetricName": "Orders",
    "Dimensions": [{"Name": "Shop", "Value": SHOP["Shop"]}],
    "Statistic": "Sum",
    "Period": 60,
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 1,
    "Threshold": 5.0,
}


def made(watch: Any, **wish: Any) -> datetime:
    """Put the alarm; the minute in which that was."""
    watch.put_metric_alarm(**OWN | wish)
    (alarm,) = watch.describe_alarms(AlarmNames=[(OWN | wish)["AlarmName"]])["MetricAlarms"]
    at: datetime = alarm["AlarmConfigurationUpdatedTimestamp"]
    return at.replace(second=0, microsecond=0)


def changes(watch: Any, **wish: Any) -> list[tuple[datetime, str, str]]:
    """The changes of state in the history, as it gives them."""
    items = watch.describe_alarm_history(HistoryItemType="StateUpdate", **wish)["AlarmHistoryItems"]
    states = [(item["Timestamp"], json.loads(item["HistoryData"])) for item in items]
    return [(at, told["oldState"]["stateValue"], told["newState"]["stateValue"]) for at, told in states]


def test_an_alarm_rings_and_calms_down_at_the_right_minutes(cloud: CloudProcess, watch: Any) -> None:
    """What would have happened while nobody asked is in the history with its times, the newest first."""
    begin = made(watch)
    put(cloud, [(begin, 9.0), (begin + MINUTE, 1.0), (begin + 2 * MINUTE, 7.0)])
    cloud.settings(clock_offset=180)
    (alarm,) = watch.describe_alarms()["MetricAlarms"]
    assert (alarm["StateValue"], alarm["StateTransitionedTimestamp"]) == ("ALARM", begin + 3 * MINUTE)
    assert alarm["StateUpdatedTimestamp"] == begin + 3 * MINUTE
    assert alarm["StateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [7.0 (")
    assert alarm["StateReason"].endswith(
        "] were greater than the threshold (5.0) (minimum 1 datapoints for OK -> ALARM transition)."
    )
    assert json.loads(alarm["StateReasonData"])["recentDatapoints"] == [7.0]
    assert changes(watch) == [
        (begin + 3 * MINUTE, "OK", "ALARM"),
        (begin + 2 * MINUTE, "ALARM", "OK"),
        (begin + MINUTE, "INSUFFICIENT_DATA", "ALARM"),
    ]


def test_numbers_that_come_late_ring_late(cloud: CloudProcess, watch: Any) -> None:
    cloud.settings(metric_seconds=90)
    begin = made(watch)
    put(cloud, [(begin, 9.0)])
    cloud.settings(clock_offset=120)
    assert changes(watch) == [(begin + 2 * MINUTE, "INSUFFICIENT_DATA", "ALARM")]


def test_a_rate_rings_only_above_some_traffic(cloud: CloudProcess, watch: Any) -> None:
    """The expression that the console writes."""
    metrics = [
        stat("Rate", "Average", query_id="value", ReturnData=False),
        stat("Requests", "Sum", query_id="requests", ReturnData=False),
        {"Id": "judged", "Expression": "IF(requests > 50, value, 0)", "ReturnData": True},
    ]
    plain = ("Namespace", "MetricName", "Dimensions", "Statistic", "Period")
    wish = {name: value for name, value in OWN.items() if name not in plain}
    watch.put_metric_alarm(**wish, Metrics=metrics, TreatMissingData="notBreaching")
    (alarm,) = watch.describe_alarms()["MetricAlarms"]
    begin = alarm["AlarmConfigurationUpdatedTimestamp"].replace(second=0, microsecond=0)
    put(cloud, [(begin + n * MINUTE, 50.0) for n in range(3)], "Rate")
    put(cloud, [(begin + n * MINUTE, 1.0, [10.0, 60.0, 10.0][n]) for n in range(3)], "Requests")
    cloud.settings(clock_offset=180)
    assert changes(watch)[::-1] == [
        (begin + MINUTE, "INSUFFICIENT_DATA", "OK"),
        (begin + 2 * MINUTE, "OK", "ALARM"),
        (begin + 3 * MINUTE, "ALARM", "OK"),
    ]


RETAINED = "OK"


@pytest.mark.parametrize(
    ("needed", "points", "missing", "ignore", "breaching", "not_breaching"),
    [
        (3, "0-X-X", "OK", "OK", "OK", "OK"),
        (3, "XX-XX", "ALARM", "ALARM", "ALARM", "ALARM"),
        (3, "----0", "OK", "OK", "OK", "OK"),
        (3, "-----", "INSUFFICIENT_DATA", RETAINED, "ALARM", "OK"),
        (3, "----X", RETAINED, RETAINED, "ALARM", "OK"),
        (3, "--X--", "ALARM", "ALARM", "ALARM", "OK"),
        (2, "0-X-X", "ALARM", "ALARM", "ALARM", "ALARM"),
        (2, "00X0X", "ALARM", "ALARM", "ALARM", "ALARM"),
        (2, "0X--0", "OK", "OK", "OK", "OK"),
        (2, "----0", "OK", "OK", "ALARM", "OK"),
        (2, "----X", RETAINED, RETAINED, "ALARM", "OK"),
    ],
)
def test_missing_data_counts_as_the_alarm_says(
    needed: int, points: str, missing: str, ignore: str, breaching: str, not_breaching: str
) -> None:
    """AWS: three periods, and two more in case some are missing; a new breach alone does not ring prematurely."""
    wish = {**OWN, "EvaluationPeriods": 3, "DatapointsToAlarm": needed}
    seen = [(60 * n, {"X": 9.0, "0": 0.0}.get(each)) for n, each in enumerate(points)]
    treated = ("missing", "ignore", "breaching", "notBreaching")
    found = [judge({**wish, "TreatMissingData": each}, seen, State("OK"), 300).value for each in treated]
    assert found == [missing, ignore, breaching, not_breaching]


@pytest.mark.parametrize(
    ("comparison", "rings"),
    [
        ("GreaterThanThreshold", [False, False, True]),
        ("GreaterThanOrEqualToThreshold", [False, True, True]),
        ("LessThanThreshold", [True, False, False]),
        ("LessThanOrEqualToThreshold", [True, True, False]),
    ],
)
def test_how_a_threshold_is_crossed(comparison: str, rings: list[bool]) -> None:
    wish = {**OWN, "ComparisonOperator": comparison}
    states = [judge(wish, [(0, value)], State("OK"), 60).value for value in (4.0, 5.0, 6.0)]
    assert states == ["ALARM" if each else "OK" for each in rings]


def test_a_state_can_be_set_until_the_next_look(cloud: CloudProcess, watch: Any, refused: Refused) -> None:
    """AWS: SetAlarmState is for tests; the numbers decide again at the next evaluation."""
    begin = made(watch)
    put(cloud, [(begin, 1.0)])
    watch.set_alarm_state(AlarmName=NAME, StateValue="ALARM", StateReason="A test")
    (alarm,) = watch.describe_alarms(StateValue="ALARM")["MetricAlarms"]
    assert alarm["StateReason"] == "A test"
    cloud.settings(clock_offset=60)
    assert watch.describe_alarms(StateValue="ALARM")["MetricAlarms"] == []
    assert [each[1:] for each in changes(watch, AlarmName=NAME)] == [
        ("ALARM", "OK"),
        ("INSUFFICIENT_DATA", "ALARM"),
    ]
    with refused("ResourceNotFound", 404):
        watch.set_alarm_state(AlarmName="other", StateValue="OK", StateReason="A test")
    with refused("InvalidFormat", 400):
        watch.set_alarm_state(AlarmName=NAME, StateValue="OK", StateReason="A", StateReasonData="{")


def test_alarms_are_found_by_name_beginning_and_state_in_pages(watch: Any, refused: Refused) -> None:
    """AWS: up to 100 a page; composite alarms only where they are asked for."""
    for number in range(3):
        made(watch, AlarmName=f"shop-{number}")
    made(watch, AlarmName="other")

    def names(**wish: Any) -> list[str]:
        return [each["AlarmName"] for each in watch.describe_alarms(**wish)["MetricAlarms"]]

    assert names(AlarmNamePrefix="shop-") == ["shop-0", "shop-1", "shop-2"]
    assert names(AlarmNames=["shop-1", "none", "other"]) == ["shop-1", "other"]
    assert (names(StateValue="OK"), names(AlarmTypes=["CompositeAlarm"])) == ([], [])
    first = watch.describe_alarms(MaxRecords=3)
    assert names(MaxRecords=3, NextToken=first["NextToken"]) == ["shop-2"]
    for wish in ({"MaxRecords": 101}, {"AlarmNames": ["a"], "AlarmNamePrefix": "a"}):
        with refused("ValidationError", 400):
            watch.describe_alarms(**wish)


def test_the_history_outlives_the_alarm(cloud: CloudProcess, watch: Any, refused: Refused) -> None:
    """AWS: in pages of up to a hundred, newest first, by time and kind."""
    begin = made(watch)
    for value in ("ALARM", "OK"):
        watch.set_alarm_state(AlarmName=NAME, StateValue=value, StateReason="A test")
    watch.delete_alarms(AlarmNames=[NAME])
    items = watch.describe_alarm_history(AlarmName=NAME)["AlarmHistoryItems"]
    assert [item["HistoryItemType"] for item in items] == [
        *("ConfigurationUpdate", "StateUpdate", "StateUpdate", "ConfigurationUpdate")
    ]
    assert items[1]["HistorySummary"] == "Alarm updated from ALARM to OK"
    first = watch.describe_alarm_history(MaxRecords=3)
    rest = watch.describe_alarm_history(MaxRecords=3, NextToken=first["NextToken"])
    assert [len(page["AlarmHistoryItems"]) for page in (first, rest)] == [3, 1]
    assert changes(watch, EndDate=begin - MINUTE) == []
    assert len(changes(watch, StartDate=begin - MINUTE, EndDate=begin + timedelta(hours=1))) == 2
    oldest = watch.describe_alarm_history(ScanBy="TimestampAscending")["AlarmHistoryItems"][0]
    assert oldest["HistorySummary"] == f'Alarm "{NAME}" created'
    with refused("ValidationError", 400):
        watch.describe_alarm_history(MaxRecords=101)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ([{"Id": "a", "Expression": "SEARCH('{Own,Shop} Orders', 'Sum', 60)"}], "Periods are"),
        (
            [
                stat(ReturnData=False),
                {"Id": "b", "Expression": "SUM(SEARCH('{Own,Shop} Orders', 'Sum', 60))"},
            ],
            "SEARCH is not supported",
        ),
        ([stat(), {"Id": "b", "Expression": "a"}], "Exactly one element"),
        ([stat(ReturnData=False), {"Id": "b", "Expression": "IF(c, a, 0)"}], "c is no Id of a query"),
    ],
)
def test_an_alarm_watches_one_time_series(watch: Any, wish: list[Any], words: str) -> None:
    """AWS: math over metrics that the alarm names, and no search."""
    plain = ("Namespace", "MetricName", "Dimensions", "Statistic", "Period")
    rest = {name: value for name, value in OWN.items() if name not in plain}
    with pytest.raises(watch.exceptions.ClientError, match=words):
        watch.put_metric_alarm(**rest, Metrics=wish)


def test_a_name_makes_one_topic(cloud: CloudProcess, sns: Any, refused: Refused) -> None:
    wish = {"Attributes": {"DisplayName": "Shop"}, "Tags": [{"Key": "a", "Value": "b"}]}
    assert sns.create_topic(Name="shop", **wish)["TopicArn"] == TOPIC
    assert sns.create_topic(Name="shop", **wish)["TopicArn"] == TOPIC
    with refused("InvalidParameter", 400):
        sns.create_topic(Name="shop", Tags=[{"Key": "a", "Value": "other"}])
    with refused("InvalidParameter", 400):
        sns.create_topic(Name="no blanks")
    sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="DisplayName", AttributeValue="Mine")
    assert sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"]["DisplayName"] == "Mine"
    with refused("NotFound", 404):
        cloud.client("sns", "sandbox", "owner", region="us-east-1").get_topic_attributes(TopicArn=TOPIC)
    sns.delete_topic(TopicArn=TOPIC)
    sns.delete_topic(TopicArn=TOPIC)
    assert sns.list_topics()["Topics"] == []


def composite(watch: Any, name: str, rule: str, **more: Any) -> None:
    watch.put_composite_alarm(AlarmName=name, AlarmRule=rule, **more)


def told(watch: Any, name: str) -> Any:
    (found,) = watch.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    return found


def ring(watch: Any, name: str, state: str = "ALARM") -> None:
    watch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="Set.")


@pytest.fixture
def two(watch: Any) -> Any:
    for name in ("errors", "deploying"):
        watch.put_metric_alarm(**ALARM | {"AlarmName": name, "TreatMissingData": "ignore"})
    return watch


@pytest.mark.parametrize(
    ("rule", "rings"),
    [
        ("ALARM(errors)", True),
        ('ALARM("errors") AND NOT ALARM("deploying")', True),
        ("ALARM(errors) AND OK(deploying)", False),
        ("INSUFFICIENT_DATA(deploying)AND(ALARM( errors ))", True),
        ("FALSE AND FALSE OR TRUE", True),
        ("FALSE AND (FALSE OR TRUE)", False),
        (" OR ".join(["FALSE"] * 499 + ["ALARM(errors)"]), True),
        (f"NOT ALARM(arn:aws:cloudwatch:us-east-1:{MEDIA}:alarm:errors) OR ALARM(deploying)", False),
    ],
)
def test_a_composite_alarm_rings_by_its_rule(two: Any, rule: str, rings: bool) -> None:
    ring(two, "errors")
    composite(two, "both", rule)
    assert told(two, "both")["StateValue"] == ("ALARM" if rings else "OK")


def test_a_composite_alarm_follows_those_that_it_names(two: Any) -> None:
    composite(two, "noise", "ALARM(errors) AND NOT ALARM(deploying)")
    composite(two, "page", "ALARM(noise)", ActionsEnabled=False)
    assert two.describe_alarms()["CompositeAlarms"] == []
    for name, state in (("errors", "ALARM"), ("deploying", "ALARM"), ("deploying", "OK"), ("errors", "OK")):
        ring(two, name, state)
    assert (told(two, "page")["StateValue"], told(two, "page")["ActionsEnabled"]) == ("OK", False)
    asked = {"AlarmName": "page", "HistoryItemType": "StateUpdate", "ScanBy": "TimestampAscending"}
    assert two.describe_alarm_history(**asked)["AlarmHistoryItems"] == []
    items = two.describe_alarm_history(**asked, AlarmTypes=["CompositeAlarm"])["AlarmHistoryItems"]
    states = [json.loads(item["HistoryData"])["newState"]["stateValue"] for item in items]
    assert states == ["OK", "ALARM", "OK", "ALARM", "OK"]
    assert {item["AlarmType"] for item in items} == {"CompositeAlarm"}


def test_a_new_rule_is_judged_at_once_and_a_circle_is_not(two: Any) -> None:
    ring(two, "errors")
    composite(two, "one", "ALARM(errors)")
    composite(two, "one", "ALARM(deploying)")
    assert told(two, "one")["StateValue"] == "OK"
    composite(two, "other", "ALARM(one)")
    composite(two, "one", "ALARM(other) OR ALARM(errors)")
    assert told(two, "one")["StateValue"] == "OK"
    composite(two, "one", "ALARM(errors)")
    assert (told(two, "one")["StateValue"], told(two, "other")["StateValue"]) == ("ALARM", "ALARM")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("ALARM(missing)", r"alarms \[missing\] in the alarm rule do not exist"),
        ("ALARM(errors) AND", "syntax error at its end"),
        ("(ALARM(errors)", "syntax error"),
        ("ALARM(errors) ALARM(deploying)", "syntax error at ALARM"),
        ("errors", "syntax error at errors"),
        (" OR ".join(["TRUE"] * 501), "1 to 500 elements"),
        ("(" * 249 + "TRUE" + ")" * 249, "nested too deeply"),
        (" " * 10_240 + "TRUE", "10240 characters"),
        ("AT_LEAST(1, ALARM, (errors, deploying))", "AT_LEAST"),
    ],
)
def test_rules_that_aws_refuses(two: Any, rule: str, words: str) -> None:
    with pytest.raises(ClientError, match=words):
        composite(two, "both", rule)


def test_what_a_composite_alarm_names_is_not_deleted(two: Any) -> None:
    composite(two, "one", "ALARM(errors)")
    composite(two, "other", "TRUE")
    with pytest.raises(ClientError, match="Cannot delete errors"):
        two.delete_alarms(AlarmNames=["errors"])
    with pytest.raises(ClientError, match="one by one"):
        two.delete_alarms(AlarmNames=["one", "other"])
    two.delete_alarms(AlarmNames=["one", "deploying"])
    two.delete_alarms(AlarmNames=["errors"])
