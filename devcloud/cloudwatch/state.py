"""The alarms that CloudWatch holds, and their history."""

import json
from dataclasses import dataclass, field
from typing import Any

from devcloud.cloudfront.state import moment
from devcloud.cloudwatch.numbers import DAY, Place

OK, ALARM, UNKNOWN = "OK", "ALARM", "INSUFFICIENT_DATA"
STATE_UPDATE, CONFIGURATION_UPDATE = "StateUpdate", "ConfigurationUpdate"
METRIC, COMPOSITE = "MetricAlarm", "CompositeAlarm"
REMEMBERED = 30 * DAY


@dataclass(frozen=True)
class State:
    """A state of an alarm and why it has it; `data` are the numbers behind it, as AWS words them."""

    value: str = UNKNOWN
    reason: str = "Unchecked: Initial alarm creation"
    data: dict[str, Any] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        told = {"stateValue": self.value, "stateReason": self.reason}
        return {**told, **({"stateReasonData": self.data} if self.data else {})}


@dataclass(frozen=True)
class Item:
    """A line of the history: `at` in seconds since the epoch, `kind` and type `of` alarm by AWS's names, `data` as JSON."""

    at: float
    alarm: str
    kind: str
    summary: str
    data: str
    of: str = METRIC

    def shown(self) -> dict[str, Any]:
        return {
            "AlarmName": self.alarm,
            "AlarmType": self.of,
            "Timestamp": moment(self.at),
            "HistoryItemType": self.kind,
            "HistorySummary": self.summary,
            "HistoryData": self.data,
        }


@dataclass
class Alarm:
    """An alarm: what was asked for as boto3 names it, and its state. Times are seconds since the epoch.

    `evaluated` is the minute up to which its numbers were judged, of a composite one the moment up to which others were.
    """

    wish: dict[str, Any]
    arn: str
    configured: float
    evaluated: float
    state: State = field(default_factory=State)
    updated: float = 0.0
    transitioned: float = 0.0

    @property
    def name(self) -> str:
        return str(self.wish["AlarmName"])

    @property
    def type(self) -> str:
        return COMPOSITE if "AlarmRule" in self.wish else METRIC

    def shown(self) -> dict[str, Any]:
        return {
            **self.wish,
            "AlarmArn": self.arn,
            "AlarmConfigurationUpdatedTimestamp": moment(self.configured),
            "StateValue": self.state.value,
            "StateReason": self.state.reason,
            "StateReasonData": json.dumps(self.state.data) if self.state.data else None,
            "StateUpdatedTimestamp": moment(self.updated),
            "StateTransitionedTimestamp": moment(self.transitioned),
        }


@dataclass
class Alarms:
    """The alarms of all accounts by account and Region and by name, and their history, oldest first.

    AWS: the history stays when the alarm is deleted, for 30 days.
    """

    by_place: dict[Place, dict[str, Alarm]] = field(default_factory=dict)
    history: dict[Place, list[Item]] = field(default_factory=dict)

    def of(self, place: Place) -> dict[str, Alarm]:
        return self.by_place.setdefault(place, {})

    def enter(self, place: Place, alarm: Alarm, state: State, at: float) -> None:
        """Give the alarm this state and note how it came."""
        before, alarm.state, alarm.updated = alarm.state, state, at
        if before.value != state.value:
            alarm.transitioned = at
        states = {"version": "1.0", "oldState": before.shown(), "newState": state.shown()}
        summary = f"Alarm updated from {before.value} to {state.value}"
        self.note(place, Item(at, alarm.name, STATE_UPDATE, summary, json.dumps(states), alarm.type))

    def note(self, place: Place, item: Item) -> None:
        known = self.history.setdefault(place, [])
        kept = [each for each in known if each.at >= item.at - REMEMBERED]
        self.history[place] = sorted([*kept, item], key=lambda each: each.at)
