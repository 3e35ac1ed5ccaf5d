"""Of which events of the audit log people can be told, and what each is called. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

OK, FAILED = "ok", "failed"
TEST = "test"
"""The kind of what the test button sends; no rule asks for it."""


@dataclass(frozen=True, slots=True)
class Told:
    """What of an event decides its kind. `person`: somebody's own wish, not the console's."""

    action: str
    result: str
    after: Mapping[str, Any]
    person: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of news: its name in payloads and rules, its words, and which events of `action` are it."""

    name: str
    label: str
    action: str
    fits: Callable[[Told], bool]


def _ok(told: Told) -> bool:
    return told.result == OK


def _failed(told: Told) -> bool:
    return told.result == FAILED


def _status(status: str, kind: str = "") -> Callable[[Told], bool]:
    """A deployment or build that ended so; `kind` promote or rollback where that matters."""
    return lambda told: told.after.get("status") == status and kind in ("", told.after.get("kind"))


def _wished(told: Told) -> bool:
    return _ok(told) and told.person


def _automatic(told: Told) -> bool:
    return _ok(told) and not told.person


def _verdict(verdict: str) -> Callable[[Told], bool]:
    return lambda told: told.after.get("verdict") == verdict


def _rang(told: Told) -> bool:
    return told.after.get("state") == "ALARM" and not told.after.get("silenced")


def _rings_no_more(told: Told) -> bool:
    """Also for want of data."""
    return told.after.get("state") in ("OK", "INSUFFICIENT_DATA") and not told.after.get("silenced")


def _some(name: str) -> Callable[[Told], bool]:
    return lambda told: bool(told.after.get(name))


def _none(name: str) -> Callable[[Told], bool]:
    return lambda told: name in told.after and not told.after[name]


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("deployment.started", "Deployment started", "deployment.promote", _ok),
        Kind("deployment.live", "Deployment live", "deployment.ended", _status("live", "promote")),
        Kind("deployment.failed", "Deployment or rollback failed", "deployment.ended", _status("failed")),
        Kind("deployment.partial", "Partly live", "deployment.ended", _status("partial")),
        Kind(
            "deployment.cancelled",
            "Deployment or rollback cancelled",
            "deployment.ended",
            _status("cancelled"),
        ),
        Kind("rollback.started", "Rollback started", "deployment.rollback", _wished),
        Kind("rollback.automatic", "Automatic rollback started", "deployment.rollback", _automatic),
        Kind("rollback.live", "Rollback live", "deployment.ended", _status("live", "rollback")),
        Kind("build.failed", "Build failed", "build.register", _status("failed")),
        Kind("release.registered", "Release registered", "release.register", _ok),
        Kind("release.ready", "Release ready", "release.checked", _ok),
        Kind("release.rejected", "Release rejected", "release.checked", _failed),
        Kind("health.degraded", "Degraded after a deployment", "health.judged", _verdict("degraded")),
        Kind("health.healthy", "Healthy after a deployment", "health.judged", _verdict("healthy")),
        Kind("health.unknown", "Health not known after a deployment", "health.judged", _verdict("unknown")),
        Kind("alarm.rang", "Alarm rang", "alarm.changed", _rang),
        Kind("alarm.ended", "Alarm ended", "alarm.changed", _rings_no_more),
        Kind("edge.differs", "Edge serves something else", "truth.changed", _some("findings")),
        Kind("edge.agrees", "Edge serves what it should again", "truth.changed", _none("findings")),
        Kind("estate.applied", "Plan for AWS resources applied", "estate.applied", _ok),
        Kind("estate.failed", "Plan for AWS resources failed", "estate.applied", _failed),
        Kind("estate.differs", "AWS resources changed by hand", "estate.drifted", _some("new")),
        Kind("estate.agrees", "AWS resources differ no more", "estate.drifted", _none("changed")),
        Kind("channel.gave_up", "Notifications were not delivered", "channel.gave_up", lambda told: True),
    )
}
"""By name, in the order in which they are offered."""


def kind_of(told: Told) -> Kind | None:
    """The kind of news that the event is, None when it is none."""
    return next((kind for kind in KINDS.values() if kind.action == told.action and kind.fits(told)), None)


def label_of(name: str) -> str:
    """What people call the kind; "Test" for what the test button sent."""
    return KINDS[name].label if name in KINDS else name.capitalize()
