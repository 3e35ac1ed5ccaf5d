"""CloudWatch: alarms, what they guard, and when their states changed."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws.access import Account

PAGE = 100
TYPES = ["MetricAlarm", "CompositeAlarm"]
WORDS = re.compile(r'"([^"]*)"|([^\s(),"]+)')
COMPARED = {
    "GreaterThanThreshold": "above",
    "GreaterThanOrEqualToThreshold": "at or above",
    "LessThanThreshold": "below",
    "LessThanOrEqualToThreshold": "at or below",
}


@dataclass(frozen=True, slots=True)
class SeenAlarm:
    """An alarm as AWS tells of it. `watches` says in words what it guards: metrics of these `dimensions`, or `alarms` of
    the same account and Region, whose names or ARNs are among the words of a composite one's rule. Without `actions` it
    tells nobody in AWS.
    """

    name: str
    arn: str
    state: str
    reason: str
    changed_at: datetime
    actions: bool
    watches: str
    dimensions: frozenset[tuple[str, str]] = frozenset()
    alarms: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """A state took the place of another one."""

    at: datetime
    was: str
    state: str
    reason: str


def list_alarms(account: Account, service: str) -> Iterator[SeenAlarm]:
    """All alarms over metrics or other alarms that the client's Region has, a hundred a call."""
    page: dict[str, Any] = {"AlarmTypes": TYPES, "MaxRecords": PAGE}
    while True:
        answer = account.read(service, "DescribeAlarms", "", **page)
        yield from map(_over_metrics, answer["MetricAlarms"])
        yield from map(_over_alarms, answer.get("CompositeAlarms", ()))
        if not answer.get("NextToken"):
            return
        page["NextToken"] = answer["NextToken"]


def _over_metrics(one: dict[str, Any]) -> SeenAlarm:
    metrics = list(_metrics(one))
    pairs = ((pair["Name"], pair["Value"]) for metric in metrics for pair in metric.get("Dimensions", ()))
    return SeenAlarm(**_common(one), watches=_words(one, metrics), dimensions=frozenset(pairs))


def _over_alarms(one: dict[str, Any]) -> SeenAlarm:
    rule = one["AlarmRule"]
    return SeenAlarm(**_common(one), watches=" ".join(rule.split()), alarms=words_of(rule))


def words_of(rule: str) -> frozenset[str]:
    """What the rule of a composite alarm may name. AWS: by name or ARN, with or without quotation marks; `AT_LEAST` takes a
    list.
    """
    return frozenset(quoted or bare for quoted, bare in WORDS.findall(rule))


def _common(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": one["AlarmName"],
        "arn": one["AlarmArn"],
        "state": one["StateValue"],
        "reason": one.get("StateReason", ""),
        # AWS: the state may be told anew without having become another one.
        "changed_at": one.get("StateTransitionedTimestamp") or one["StateUpdatedTimestamp"],
        "actions": one.get("ActionsEnabled", True) and not one.get("ActionsSuppressedBy"),
    }


def _metrics(one: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Its own metric, or those that its expression is made of."""
    if "MetricName" in one:
        yield one
    for part in one.get("Metrics", ()):
        if "MetricStat" in part:
            yield part["MetricStat"]["Metric"] | {"Period": part["MetricStat"]["Period"]}


def _words(one: dict[str, Any], metrics: list[dict[str, Any]]) -> str:
    """ "5xxErrorRate above 1, in 3 of 5 periods of 60 s" """
    first = metrics[0] if metrics else {}
    periods = one["EvaluationPeriods"]
    times = one.get("DatapointsToAlarm") or periods
    limit = f"{COMPARED.get(one['ComparisonOperator'], 'outside')} {one.get('Threshold', 0):g}"
    often = f"{times} of {periods} periods of {first.get('Period', 0)} s"
    return f"{first.get('MetricName', 'An expression')} {limit}, in {often}"


def changes_since(account: Account, service: str, name: str, since: datetime) -> list[Change]:
    """The changes of an alarm's state after that moment, the oldest first. AWS: kept for 30 days, the newest first."""
    page: dict[str, Any] = {
        "AlarmTypes": TYPES,
        "HistoryItemType": "StateUpdate",
        "StartDate": since,
        "MaxRecords": PAGE,
    }
    found: list[Change] = []
    while True:
        answer = account.read(service, "DescribeAlarmHistory", name, AlarmName=name, **page)
        found += map(_change, answer["AlarmHistoryItems"])
        if not answer.get("NextToken"):
            return sorted((one for one in found if one.at > since), key=lambda one: one.at)
        page["NextToken"] = answer["NextToken"]


def _change(item: dict[str, Any]) -> Change:
    told = json.loads(item["HistoryData"])
    new = told["newState"]
    return Change(
        item["Timestamp"], told["oldState"]["stateValue"], new["stateValue"], new.get("stateReason", "")
    )
