"""Alarms: put, described with their states and histories, set, deleted."""

import json
from collections.abc import Mapping
from typing import Any

from devcloud.cloudwatch import expressions
from devcloud.cloudwatch.call import Result, WatchCall, invalid, seconds
from devcloud.cloudwatch.composites import check_composite, check_not_named
from devcloud.cloudwatch.evaluation import COMPARISONS, evaluate, queries
from devcloud.cloudwatch.numbers import DAY, HOUR, MINUTE
from devcloud.cloudwatch.queries import Span, ask
from devcloud.cloudwatch.state import COMPOSITE, CONFIGURATION_UPDATE, METRIC, Alarm, Item, State
from devcloud.errors import AwsError, not_implemented

AT_MOST, PAGE, ACTIONS = 100, 50, 5
GAPS = ("breaching", "notBreaching", "ignore", "missing")
KEPT_OUT = ("Tags",)


def put_metric_alarm(call: WatchCall) -> Result:
    """AWS: what is there by this name is replaced as a whole and keeps its state; a new one has not enough data yet."""
    _check(call)
    _put(call)
    return {}


def put_composite_alarm(call: WatchCall) -> Result:
    """AWS: replaced as a whole, too; its state stays until it is judged anew, which is at once."""
    evaluate(call.alarms, call.numbers, call.place, call.now)
    _check_name_and_actions(call)
    check_composite(call)
    _put(call)
    call.alarms.of(call.place)[call.params["AlarmName"]].evaluated = 0.0
    return {}


def _put(call: WatchCall) -> None:
    asked, (account, region) = call.params, call.place
    name, alarms = asked["AlarmName"], call.alarms.of(call.place)
    wish = {key: value for key, value in asked.items() if key not in KEPT_OUT}
    wish["ActionsEnabled"] = asked.get("ActionsEnabled", True)
    known = alarms.get(name)
    if known and ("AlarmRule" in asked) != (known.type == COMPOSITE):
        raise invalid(f"There is an alarm {name} of another type")
    if known:
        known.wish, known.configured = wish, call.now
    else:
        arn = f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"
        minute = call.now // MINUTE * MINUTE
        alarms[name] = Alarm(wish, arn, call.now, minute, updated=call.now, transitioned=call.now)
    _note(call, alarms[name], "updated" if known else "created")


def _note(call: WatchCall, alarm: Alarm, done: str) -> None:
    data = json.dumps({"version": "1.0", "type": done.removesuffix("d").capitalize()})
    said = f'Alarm "{alarm.name}" {done}'
    call.alarms.note(call.place, Item(call.now, alarm.name, CONFIGURATION_UPDATE, said, data, alarm.type))


def _check(call: WatchCall) -> None:
    asked = call.params
    _check_name_and_actions(call)
    if ("Metrics" in asked) == ("MetricName" in asked):
        raise invalid("Exactly one of Metrics and MetricName is needed")
    if asked["ComparisonOperator"] not in COMPARISONS:
        raise not_implemented("cloudwatch", f"PutMetricAlarm with {asked['ComparisonOperator']}")
    if "Threshold" not in asked:
        raise invalid("A threshold is needed")
    if not 1 <= asked.get("DatapointsToAlarm", 1) <= asked["EvaluationPeriods"]:
        raise invalid("DatapointsToAlarm must not be greater than EvaluationPeriods")
    if asked.get("TreatMissingData", "missing") not in GAPS:
        raise invalid(f"TreatMissingData must be one of {', '.join(GAPS)}")
    _check_watched(call)


def _check_name_and_actions(call: WatchCall) -> None:
    asked, region = call.params, call.request.region
    if not 1 <= len(asked["AlarmName"]) <= 255:
        raise invalid("AlarmName must have 1 to 255 characters")
    for actions in (asked.get("AlarmActions", ()), asked.get("OKActions", ())):
        if len(actions) > ACTIONS or any(f":sns:{region}:" not in one for one in actions):
            raise invalid(f"Up to {ACTIONS} actions of the alarm's own Region can be told")


def _check_watched(call: WatchCall) -> None:
    """AWS: exactly one time series is compared, and a search is none of them."""
    asked = call.params
    if "MetricName" in asked and (
        "Period" not in asked or not (asked.keys() & {"Statistic", "ExtendedStatistic"})
    ):
        raise invalid("A period and a statistic are needed")
    watched = queries(asked)
    if len([one for one in watched if one.get("ReturnData", True)]) != 1:
        raise invalid("Exactly one element of the metrics list should return data")
    periods = [one["MetricStat"]["Period"] for one in watched if "MetricStat" in one]
    if not periods or any(period not in (10, 20, 30) and period % MINUTE for period in periods):
        raise invalid("Periods are 10, 20, 30 or a multiple of 60 seconds")
    longest = 7 * DAY if max(periods) >= HOUR else DAY
    if max(periods) * asked["EvaluationPeriods"] > longest:
        raise invalid(f"All periods together must not be longer than {longest} seconds")
    read = [expressions.read(one["Expression"]) for one in watched if "Expression" in one]
    if any("SEARCH" in expressions.functions(each) for each in read):
        raise invalid("SEARCH is not supported on Metric Alarms.")
    ask(call.numbers, Span(call.place, call.now - MINUTE, call.now, call.now), watched)


def describe_alarms(call: WatchCall) -> Result:
    """AWS: up to a hundred by name or a beginning of names; names that are not there are left out; composite ones only
    where they are asked for."""
    asked = call.params
    names, prefix = asked.get("AlarmNames"), asked.get("AlarmNamePrefix")
    if names is not None and (len(names) > AT_MOST or prefix is not None):
        raise invalid(f"At most {AT_MOST} alarms can be named, and not together with AlarmNamePrefix")
    if asked.keys() & {"ChildrenOfAlarmName", "ParentsOfAlarmName"}:
        raise not_implemented("cloudwatch", "DescribeAlarms of composite alarms")
    evaluate(call.alarms, call.numbers, call.place, call.now)
    mine = call.alarms.of(call.place)
    found = [mine[name] for name in (sorted(mine) if names is None else dict.fromkeys(names)) if name in mine]
    wanted = [alarm for alarm in found if _wanted(alarm, asked)]
    page, more = call.page(wanted, _size(call, PAGE))
    shown = {f"{each}s": [one.shown() for one in page if one.type == each] for each in (METRIC, COMPOSITE)}
    return {**shown, **more}


def _wanted(alarm: Alarm, asked: Mapping[str, Any]) -> bool:
    actions = [*alarm.wish.get("AlarmActions", ()), *alarm.wish.get("OKActions", ())]
    return (
        alarm.type in asked.get("AlarmTypes", (METRIC,))
        and alarm.name.startswith(asked.get("AlarmNamePrefix", ""))
        and asked.get("StateValue", alarm.state.value) == alarm.state.value
        and ("ActionPrefix" not in asked or any(one.startswith(asked["ActionPrefix"]) for one in actions))
    )


def _size(call: WatchCall, usual: int) -> int:
    size = int(call.params.get("MaxRecords", usual))
    if not 1 <= size <= AT_MOST:
        raise invalid(f"MaxRecords must be from 1 to {AT_MOST}")
    return size


def describe_alarm_history(call: WatchCall) -> Result:
    """AWS: newest first unless asked for otherwise, up to a hundred at a time; of a deleted alarm too."""
    evaluate(call.alarms, call.numbers, call.place, call.now)
    asked, items = call.params, call.alarms.history.get(call.place, [])
    start, end = (seconds(asked[name], name) if name in asked else None for name in ("StartDate", "EndDate"))
    found = [
        item
        for item in items
        if asked.get("AlarmName", item.alarm) == item.alarm
        and asked.get("HistoryItemType", item.kind) == item.kind
        and (start is None or item.at >= start)
        and (end is None or item.at <= end)
        and item.of in asked.get("AlarmTypes", (METRIC,))
    ]
    ordered = found if asked.get("ScanBy") == "TimestampAscending" else found[::-1]
    page, more = call.page(ordered, _size(call, AT_MOST))
    return {"AlarmHistoryItems": [item.shown() for item in page], **more}


def set_alarm_state(call: WatchCall) -> Result:
    """AWS: for a test; the next evaluation gives the alarm the state of its numbers again."""
    evaluate(call.alarms, call.numbers, call.place, call.now)
    alarm = call.alarms.of(call.place).get(call.params["AlarmName"])
    if alarm is None:
        raise AwsError("ResourceNotFound", 404, "The named resource does not exist.")
    try:
        data = json.loads(call.params.get("StateReasonData", "{}"))
    except ValueError as error:
        raise AwsError("InvalidFormat", 400, "StateReasonData was not syntactically valid JSON.") from error
    call.alarms.enter(
        call.place, alarm, State(call.params["StateValue"], call.params["StateReason"], data), call.now
    )
    return {}


def delete_alarms(call: WatchCall) -> Result:
    """AWS: where one of them is not there, none is deleted; one that a composite alarm names stays, and of composite
    ones no two are deleted at once."""
    mine, names = call.alarms.of(call.place), call.params["AlarmNames"]
    if any(name not in mine for name in names):
        raise AwsError("ResourceNotFound", 404, "The named resource does not exist.")
    evaluate(call.alarms, call.numbers, call.place, call.now)
    check_not_named(call)
    for name in dict.fromkeys(names):
        _note(call, mine.pop(name), "deleted")
    return {}


def enable_alarm_actions(call: WatchCall) -> Result:
    return _switch(call, True)


def disable_alarm_actions(call: WatchCall) -> Result:
    return _switch(call, False)


def _switch(call: WatchCall, enabled: bool) -> Result:
    """AWS: names that are not there are passed over."""
    mine = call.alarms.of(call.place)
    for name in call.params["AlarmNames"]:
        if name in mine:
            mine[name].wish["ActionsEnabled"] = enabled
    return {}
