"""Composite alarms: put, and judged by the states of the alarms that their rules name."""

import json
from collections.abc import Iterator

from devcloud.cloudfront.state import moment
from devcloud.cloudwatch.call import WatchCall, invalid
from devcloud.cloudwatch.numbers import Place
from devcloud.cloudwatch.rules import read
from devcloud.cloudwatch.state import ALARM, COMPOSITE, OK, STATE_UPDATE, Alarm, Alarms, Item, State

MOST_CHILDREN = 100


def check_composite(call: WatchCall) -> None:
    """AWS: up to a hundred alarms are named, all of which are there. Raises AwsError ValidationError."""
    names, known = read(call.params["AlarmRule"]).names, call.alarms.of(call.place)
    if len(names) > MOST_CHILDREN:
        raise invalid(f"The rule names more than {MOST_CHILDREN} alarms")
    if missing := sorted(names - known.keys()):
        listed = ", ".join(missing)
        raise invalid(
            f"Could not save the composite alarm as alarms [{listed}] in the alarm rule do not exist"
        )


def check_not_named(call: WatchCall) -> None:
    """Raises AwsError ValidationError for the deletion of an alarm that a composite one names, or of two of these."""
    names, known = set(call.params["AlarmNames"]), call.alarms.of(call.place)
    composites = [one for one in known.values() if one.type == COMPOSITE]
    if len([one for one in composites if one.name in names]) > 1:
        raise invalid("More than one composite alarm was named; they are deleted one by one")
    for one in composites:
        if needed := sorted(names & read(one.wish["AlarmRule"]).names):
            raise invalid(
                f"Cannot delete {', '.join(needed)} as there are composite alarm(s) depending on it"
            )


def follow(alarms: Alarms, place: Place, now: float) -> None:
    """Judge the composite alarms of a place at each change of an alarm that they name, those that others name first.

    AWS: those that name one another are not judged.
    """
    mine = alarms.of(place)
    for alarm in _in_order(mine):
        rule, since = read(alarm.wish["AlarmRule"]), max(alarm.evaluated, alarm.configured)
        changes = [
            item
            for item in alarms.history.get(place, ())
            if item.kind == STATE_UPDATE and item.alarm in rule.names and item.at >= since
        ]
        states = {name: mine[name].state.value for name in rule.names & mine.keys()}
        states |= {item.alarm: _states(item)[0] for item in reversed(changes)}
        if alarm.evaluated < alarm.configured:
            _enter(alarms, place, alarm, ALARM if rule.holds(states) else OK, since)
        for item in changes:
            states[item.alarm] = _states(item)[1]
            _enter(alarms, place, alarm, ALARM if rule.holds(states) else OK, item.at, _told(mine, item))
        alarm.evaluated = now


def _in_order(mine: dict[str, Alarm]) -> Iterator[Alarm]:
    left = {name: read(one.wish["AlarmRule"]).names for name, one in mine.items() if one.type == COMPOSITE}
    while ready := [name for name, names in left.items() if not names & left.keys()]:
        for name in ready:
            del left[name]
            yield mine[name]


def _enter(alarms: Alarms, place: Place, alarm: Alarm, value: str, at: float, reason: str = "") -> None:
    if value != alarm.state.value:
        said = reason or f"{alarm.arn} was created and its alarm rule evaluates to {value}"
        alarms.enter(place, alarm, State(value, said), at)


def _states(item: Item) -> tuple[str, str]:
    told = json.loads(item.data)
    return told["oldState"]["stateValue"], told["newState"]["stateValue"]


def _told(mine: dict[str, Alarm], item: Item) -> str:
    """As AWS words it."""
    return f"{mine[item.alarm].arn} transitioned to {_states(item)[1]} at {moment(item.at)}"
