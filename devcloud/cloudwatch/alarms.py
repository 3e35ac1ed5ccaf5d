"""Alarms over metrics: put, described, deleted. Whether they ring is not emulated."""

from collections.abc import Mapping
from typing import Any

from devcloud.cloudwatch.call import Result, WatchCall, invalid
from devcloud.errors import AwsError

AT_MOST, ACTIONS = 100, 5
GAPS = ("breaching", "notBreaching", "ignore", "missing")


def put_metric_alarm(call: WatchCall) -> Result:
    """AWS: what is there by this name is replaced as a whole; a new one has not enough data yet."""
    asked, (account, region) = call.params, call.place
    _check(asked, region)
    there = call.alarms.get((account, region, asked["AlarmName"]), {})
    call.alarms[account, region, asked["AlarmName"]] = {
        **{name: value for name, value in asked.items() if name != "Tags"},
        "ActionsEnabled": asked.get("ActionsEnabled", True),
        "AlarmArn": f"arn:aws:cloudwatch:{region}:{account}:alarm:{asked['AlarmName']}",
        "StateValue": there.get("StateValue", "INSUFFICIENT_DATA"),
    }
    return {}


def _check(asked: Mapping[str, Any], region: str) -> None:
    if not 1 <= len(asked["AlarmName"]) <= 255:
        raise invalid("AlarmName must have 1 to 255 characters")
    if ("Metrics" in asked) == ("MetricName" in asked):
        raise invalid("Exactly one of Metrics and MetricName is needed")
    returned = [one for one in asked.get("Metrics", ()) if one.get("ReturnData", True)]
    if "Metrics" in asked and len(returned) != 1:
        raise invalid("Exactly one element of the metrics list should return data")
    if asked.get("DatapointsToAlarm", 1) > asked["EvaluationPeriods"]:
        raise invalid("DatapointsToAlarm must not be greater than EvaluationPeriods")
    if asked.get("TreatMissingData", "missing") not in GAPS:
        raise invalid(f"TreatMissingData must be one of {', '.join(GAPS)}")
    periods = [one["MetricStat"]["Period"] for one in asked.get("Metrics", ()) if "MetricStat" in one]
    if any(period not in (10, 20, 30) and period % 60 for period in (*periods, asked.get("Period", 60))):
        raise invalid("Periods are 10, 20, 30 or a multiple of 60 seconds")
    for actions in (asked.get("AlarmActions", ()), asked.get("OKActions", ())):
        if len(actions) > ACTIONS or any(f":sns:{region}:" not in one for one in actions):
            raise invalid(f"Up to {ACTIONS} actions of the alarm's own Region can be told")


def describe_alarms(call: WatchCall) -> Result:
    """AWS: up to a hundred by name; names that are not there are left out."""
    names = call.params.get("AlarmNames")
    if names is not None and len(names) > AT_MOST:
        raise invalid(f"At most {AT_MOST} alarms can be named")
    mine = {name: alarm for (*place, name), alarm in call.alarms.items() if tuple(place) == call.place}
    wanted = sorted(mine) if names is None else [name for name in names if name in mine]
    return {"MetricAlarms": [mine[name] for name in wanted], "CompositeAlarms": []}


def delete_alarms(call: WatchCall) -> Result:
    """AWS: where one of them is not there, none is deleted."""
    keys = [(*call.place, name) for name in call.params["AlarmNames"]]
    if any(key not in call.alarms for key in keys):
        raise AwsError("ResourceNotFound", 404, "The named resource does not exist.")
    for key in keys:
        del call.alarms[key]
    return {}


def enable_alarm_actions(call: WatchCall) -> Result:
    return _switch(call, True)


def disable_alarm_actions(call: WatchCall) -> Result:
    return _switch(call, False)


def _switch(call: WatchCall, enabled: bool) -> Result:
    """AWS: names that are not there are passed over."""
    for name in call.params["AlarmNames"]:
        if (*call.place, name) in call.alarms:
            call.alarms[*call.place, name]["ActionsEnabled"] = enabled
    return {}
