"""Alarms and the topics that they are told to: what AWS refuses, and what comes back."""

from typing import Any

import pytest

from tests.cloud import CloudProcess
from tests.devcloud.conftest import MEDIA, Refused

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
