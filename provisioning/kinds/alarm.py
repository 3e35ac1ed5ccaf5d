"""CloudWatch alarms over what CloudFront measures, which AWS keeps in us-east-1."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from aws.access import Account as Door
from provisioning.ids import Ids
from provisioning.kinds.found import Found, Refused, deleting
from provisioning.kinds.topic import arn
from provisioning.shapes import Address, Alarm

SERVICE = "edge-metrics"
AT_MOST = 100
SPACES = {"distribution": "AWS/CloudFront", "certificate": "AWS/CertificateManager"}
IDS = {"distribution": "DistributionId", "certificate": "CertificateArn"}
VALUE, COUNT = "value", "requests"
# What a person did who wrote another kind of alarm by this name.
OTHER = "settings of its own"
Document = dict[str, Any]


def read(door: Door, names: Collection[str], ids: Ids) -> Mapping[str, Found | Refused]:
    """One call for a hundred."""
    found: dict[str, Found | Refused] = {}
    every = list(names)
    for first in range(0, len(every), AT_MOST):
        some = every[first : first + AT_MOST]
        wish: Document = {"AlarmNames": some, "AlarmTypes": ["MetricAlarm"], "MaxRecords": AT_MOST}
        for one in door.read(SERVICE, "DescribeAlarms", "", **wish)["MetricAlarms"]:
            found[one["AlarmName"]] = Found(_shape(one, door.account_id, ids), one["AlarmArn"])
    return found


def _shape(one: Document, account: str, ids: Ids) -> Alarm:
    stats = {part["Id"]: part["MetricStat"] for part in one.get("Metrics", ()) if "MetricStat" in part}
    plain = stats.get(VALUE) or {
        "Metric": one,
        "Period": one.get("Period", 0),
        "Stat": one.get("Statistic", ""),
    }
    metric = plain["Metric"]
    return Alarm(
        of=_watched(metric, account, ids),
        metric=metric.get("MetricName", OTHER),
        statistic=plain["Stat"],
        comparison=one["ComparisonOperator"],
        threshold=one["Threshold"],
        requests=_at_least(one),
        seconds=plain["Period"],
        periods=one["EvaluationPeriods"],
        times=one.get("DatapointsToAlarm") or one["EvaluationPeriods"],
        told=one.get("ActionsEnabled", True),
        gaps=one.get("TreatMissingData", "missing"),
        topics=tuple(sorted(topic.rsplit(":", 1)[-1] for topic in one.get("AlarmActions", ()))),
    )


def _watched(metric: Document, account: str, ids: Ids) -> str:
    """By kind and name where it is one of ours."""
    kind = next((kind for kind, space in SPACES.items() if space == metric.get("Namespace")), "")
    dimensions = {one["Name"]: one["Value"] for one in metric.get("Dimensions", ())}
    aws_id = dimensions.get(IDS.get(kind, ""), "")
    return f"{kind} {ids.name_of(kind, account, aws_id) or aws_id}" if kind else OTHER


def _at_least(one: Document) -> int:
    """The number in the expression that the console writes."""
    written = [part["Expression"] for part in one.get("Metrics", ()) if "Expression" in part]
    words = written[0].replace(",", " ").split() if written else []
    return next((int(word) for word in words if word.isdecimal()), 0)


def create(door: Door, name: str, shape: Alarm, ids: Ids) -> None:
    """AWS: what is there by this name is replaced as a whole."""
    topics = [arn(door.account_id, topic) for topic in shape.topics]
    door.write(
        SERVICE,
        "PutMetricAlarm",
        name,
        AlarmName=name,
        AlarmDescription="Kept by the Tim-Combo console.",
        ActionsEnabled=shape.told,
        AlarmActions=topics,
        OKActions=topics,
        ComparisonOperator=shape.comparison,
        Threshold=shape.threshold,
        EvaluationPeriods=shape.periods,
        DatapointsToAlarm=shape.times,
        TreatMissingData=shape.gaps,
        Metrics=list(_metrics(shape, door.account_id, ids)),
    )


def update(door: Door, name: str, found: Found, shape: Alarm, ids: Ids) -> None:
    if found.shape != shape:
        create(door, name, shape, ids)


def delete(door: Door, name: str, found: Found, ids: Ids) -> None:
    """AWS: one that is gone already is 404."""
    with deleting():
        door.write(SERVICE, "DeleteAlarms", name, AlarmNames=[name])


def _metrics(shape: Alarm, account: str, ids: Ids) -> Iterator[Document]:
    """AWS: exactly one of them is what is compared."""
    kind, _, name = shape.of.partition(" ")
    dimensions = [{"Name": IDS[kind], "Value": ids.of(Address(kind, account, name))}]
    if kind == "distribution":
        dimensions.append({"Name": "Region", "Value": "Global"})

    def stat(metric: str, statistic: str) -> Document:
        which = {"Namespace": SPACES[kind], "MetricName": metric, "Dimensions": dimensions}
        return {"Metric": which, "Period": shape.seconds, "Stat": statistic}

    yield {"Id": VALUE, "MetricStat": stat(shape.metric, shape.statistic), "ReturnData": not shape.requests}
    if shape.requests:
        yield {"Id": COUNT, "MetricStat": stat("Requests", "Sum"), "ReturnData": False}
        fine = 100 if shape.comparison.startswith("Less") else 0
        expression = f"IF({COUNT} > {shape.requests}, {VALUE}, {fine})"
        yield {"Id": "judged", "Expression": expression, "ReturnData": True}
