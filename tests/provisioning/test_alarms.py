"""Additional metrics, the topic and the alarms, against the emulated cloud."""

from typing import Any

import pytest

from provisioning.models import Resource
from provisioning.shapes import Address
from tests.provisioning.conftest import MEDIA, PRODUCT, Estate

PROD = "E1TIMCPROD0000"
ERRORS = Address("alarm", MEDIA, "console-tim-combo-prod-errors")
METRICS = Address("monitoring", MEDIA, "tim-combo-prod")
TOPIC = Address("topic", MEDIA, "console-tim-combo-alarms")


@pytest.fixture
def watched(estate: Estate) -> Estate:
    """The wishes of the document for prod, made; what was made by hand is left as it is."""
    estate.look()
    estate.carry_out(estate.apply(ticked=()).run_id)
    return estate


def alarms(estate: Estate) -> Any:
    return estate.cloud.client("cloudwatch", "media", "estate", region="us-east-1")


def of_prod(estate: Estate) -> dict[str, Any]:
    found = alarms(estate).describe_alarms(AlarmNamePrefix="console-tim-combo")["MetricAlarms"]
    return {one["AlarmName"].removeprefix("console-tim-combo-"): one for one in found}


def test_prod_is_watched_over_errors_refusals_the_cache_and_the_certificate(watched: Estate) -> None:
    found = of_prod(watched)
    assert set(found) == {"prod-errors", "prod-refused", "prod-cache", "certificate"}
    errors = found["prod-errors"]
    assert (errors["Threshold"], errors["EvaluationPeriods"], errors["DatapointsToAlarm"]) == (1.0, 5, 3)
    assert errors["TreatMissingData"] == "notBreaching"
    assert [topic.rsplit(":", 1)[-1] for topic in errors["AlarmActions"]] == [TOPIC.name]
    rate = errors["Metrics"][0]["MetricStat"]["Metric"]
    dimensions = {one["Name"]: one["Value"] for one in rate["Dimensions"]}
    assert (rate["MetricName"], dimensions) == ("5xxErrorRate", {"DistributionId": PROD, "Region": "Global"})
    assert errors["Metrics"][2]["Expression"] == "IF(requests > 50, value, 0)"
    # With little traffic a cold cache is no fault.
    assert found["prod-cache"]["Metrics"][2]["Expression"] == "IF(requests > 50, value, 100)"
    assert found["certificate"]["Metrics"][0]["MetricStat"]["Metric"]["MetricName"] == "DaysToExpiry"
    watched.look()
    assert {c.action for c in watched.plan().changes} == {"adopt"}


def test_additional_metrics_are_on_and_put_back_when_somebody_ends_them(watched: Estate) -> None:
    edge = watched.cloud.client("cloudfront", "media", "estate")
    told = edge.get_monitoring_subscription(DistributionId=PROD)["MonitoringSubscription"]
    assert told["RealtimeMetricsSubscriptionConfig"]["RealtimeMetricsSubscriptionStatus"] == "Enabled"
    edge.delete_monitoring_subscription(DistributionId=PROD)
    watched.look()
    assert watched.state("monitoring", "tim-combo-prod") == "missing"
    watched.applied(METRICS)
    assert edge.get_monitoring_subscription(DistributionId=PROD)


def test_an_alarm_that_somebody_changed_is_named_and_put_back(watched: Estate) -> None:
    errors = of_prod(watched)["prod-errors"]
    kept = (
        "AlarmName",
        "ComparisonOperator",
        "EvaluationPeriods",
        "DatapointsToAlarm",
        "Metrics",
        "AlarmActions",
        "TreatMissingData",
    )
    alarms(watched).put_metric_alarm(**{name: errors[name] for name in kept}, Threshold=50.0)
    watched.look()
    change = next(c for c in watched.plan().changes if c.address == ERRORS)
    assert [tuple(field) for field in change.fields] == [("threshold", "50.0", "1.0")]
    watched.applied(ERRORS)
    assert of_prod(watched)["prod-errors"]["Threshold"] == 1.0


def test_an_alarm_that_somebody_silenced_is_named_and_tells_again(watched: Estate) -> None:
    alarms(watched).disable_alarm_actions(AlarmNames=[ERRORS.name])
    watched.look()
    change = next(c for c in watched.plan().changes if c.address == ERRORS)
    assert [tuple(field) for field in change.fields] == [("told", "no", "yes")]
    watched.applied(ERRORS)
    assert of_prod(watched)["prod-errors"]["ActionsEnabled"] is True


def test_another_alarm_of_the_same_name_is_offered_for_adoption(estate: Estate) -> None:
    alarms(estate).put_metric_alarm(
        AlarmName=ERRORS.name,
        Namespace="AWS/EC2",
        MetricName="CPUUtilization",
        Statistic="Maximum",
        Period=60,
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Threshold=90.0,
    )
    estate.look()
    change = next(c for c in estate.plan().changes if c.address == ERRORS)
    told = {field.name: (field.old, field.new) for field in change.fields}
    assert (change.action, told["metric"]) == ("adopt", ("CPUUtilization", "5xxErrorRate"))
    assert told["of"] == ("settings of its own", "distribution tim-combo-prod")


def test_lost_answers_make_nothing_twice(estate: Estate) -> None:
    """The answer of each call is lost once."""
    estate.look()
    operations = (
        ("monitoring", "PutMetricAlarm"),
        ("sns", "CreateTopic"),
        ("cloudfront", "CreateMonitoringSubscription"),
    )
    lost = {name: estate.cloud.faults(service, name, "lost_reply", count=1) for service, name in operations}
    run = estate.carry_out(estate.apply(ticked=()).run_id)
    assert (run.state, run.error) == ("succeeded", "")
    assert [name for name, fault in lost.items() if estate.cloud.waits(fault)] == []
    estate.look()
    assert {c.action for c in estate.plan().changes} == {"adopt"}


def test_what_is_no_longer_watched_is_taken_down_when_ticked(watched: Estate) -> None:
    from products.models import Environment

    rows = Environment.objects.filter(product__slug=PRODUCT, name="prod")
    rows.update(alarms=False, extra_metrics=False)
    gone = [c.address for c in watched.plan().changes if c.action == "delete"]
    assert {address.kind for address in gone} == {"alarm", "topic", "monitoring"}
    watched.applied(*gone)
    assert of_prod(watched) == {}
    assert not Resource.objects.filter(kind__in=("alarm", "topic", "monitoring"), owned=True).exists()


def test_without_additional_metrics_the_cache_is_not_watched(estate: Estate) -> None:
    from products.models import Environment

    Environment.objects.filter(product__slug=PRODUCT, name="prod").update(extra_metrics=False)
    estate.look()
    names = [c.address.name for c in estate.plan().changes if c.address.kind == "alarm"]
    assert "console-tim-combo-prod-cache" not in names
    assert len(names) == 3
