"""The list of alarms, and one alarm with its history."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count
from django.urls import reverse

from monitoring.models import Alarm
from monitoring.selectors.alarms import alarms, changes_of, silence_of
from users.actions import allowed
from users.models import User

SHOWN = 50
MOST = 500
STATES = {
    "ALARM": ("stop", "Rings", "bell"),
    "OK": ("go", "Quiet", "check"),
    "INSUFFICIENT_DATA": ("", "No data yet", "wait"),
}
"""Of an alarm: kind of sign, word, icon. AWS: a new alarm has no data at first, which is no failure."""


def alarms_page(asked: Mapping[str, str]) -> dict[str, Any]:
    """The context of `monitoring/alarms.html`."""
    state = asked.get("state", "")
    rows = alarms()
    counts = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    here = reverse("alarms")
    filters = [("All", here, not state, sum(counts.values()))] + [
        (word, f"{here}?state={name}", state == name, counts.get(name, 0))
        for name, (_, word, _) in STATES.items()
    ]
    chosen = rows.filter(state=state) if state in STATES else rows
    found = list(chosen[: MOST + 1])
    return {
        "filters": filters,
        "alarms": [shown(one) for one in found[:MOST]],
        "seen_at": min((one.seen_at for one in found), default=None),
        "most": MOST if len(found) > MOST else None,
    }


def shown(alarm: Alarm) -> dict[str, Any]:
    """An alarm with its state as a sign."""
    kind, word, icon = STATES.get(alarm.state, ("warn", alarm.state, "warn"))
    return {"alarm": alarm, "kind": kind, "word": word, "icon": icon}


def alarm_page(user: User, alarm: Alarm) -> dict[str, Any]:
    """The context of `monitoring/alarm.html`."""
    return {
        **shown(alarm),
        "changes": changes_of(alarm, SHOWN),
        "silence": silence_of(alarm),
        "may_silence": allowed(user, "alarm.silence"),
        "state_words": {name: word for name, (_, word, _) in STATES.items()},
    }
