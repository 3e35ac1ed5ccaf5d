"""Which events are news, and of which kind."""

import pytest

from audit.models import Event
from deployments.outcome import deployment_ended
from deployments.services.promote import promote, rollback
from notifications.kinds import KINDS, Told, kind_of, label_of
from runs.models import RunState
from tests.deployments.rows import end, environment, estate, live, ready
from tests.examples import person
from users.permissions import Role

CASES = [
    ("deployment.promote", "ok", {"version": "1.1.0"}, True, "deployment.started"),
    ("deployment.promote", "refused", {}, True, None),
    ("deployment.ended", "ok", {"status": "live", "kind": "promote"}, True, "deployment.live"),
    ("deployment.ended", "ok", {"status": "live", "kind": "rollback"}, False, "rollback.live"),
    ("deployment.ended", "failed", {"status": "failed", "kind": "promote"}, True, "deployment.failed"),
    ("deployment.ended", "failed", {"status": "partial", "kind": "promote"}, True, "deployment.partial"),
    ("deployment.ended", "ok", {"status": "cancelled", "kind": "promote"}, True, "deployment.cancelled"),
    ("deployment.rollback", "ok", {}, True, "rollback.started"),
    ("deployment.rollback", "ok", {}, False, "rollback.automatic"),
    ("deployment.rollback", "refused", {}, True, None),
    ("build.register", "ok", {"status": "failed"}, True, "build.failed"),
    ("build.register", "ok", {"status": "succeeded"}, True, None),
    ("release.register", "ok", {}, True, "release.registered"),
    ("release.checked", "ok", {}, True, "release.ready"),
    ("release.checked", "failed", {}, True, "release.rejected"),
    ("health.judged", "ok", {"verdict": "degraded"}, False, "health.degraded"),
    ("health.judged", "ok", {"verdict": "healthy"}, False, "health.healthy"),
    ("health.judged", "ok", {"verdict": "unknown"}, False, "health.unknown"),
    ("alarm.changed", "ok", {"state": "ALARM"}, False, "alarm.rang"),
    ("alarm.changed", "ok", {"state": "ALARM", "silenced": True}, False, None),
    ("alarm.changed", "ok", {"state": "OK", "silenced": False}, False, "alarm.ended"),
    ("alarm.changed", "ok", {"state": "INSUFFICIENT_DATA"}, False, "alarm.ended"),
    ("alarm.changed", "ok", {"state": "INSUFFICIENT_DATA", "silenced": True}, False, None),
    ("truth.changed", "ok", {"findings": [{"code": "entry"}]}, False, "edge.differs"),
    ("truth.changed", "ok", {"findings": []}, False, "edge.agrees"),
    ("truth.changed", "ok", {}, False, None),
    ("estate.drifted", "ok", {"changed": {"bucket a": []}, "new": ["bucket a"]}, False, "estate.differs"),
    ("estate.drifted", "ok", {"changed": {"bucket a": []}, "new": []}, False, None),
    ("estate.drifted", "ok", {"changed": {}, "new": []}, False, "estate.agrees"),
    ("estate.applied", "ok", {"status": "succeeded"}, True, "estate.applied"),
    ("estate.applied", "failed", {"status": "failed"}, True, "estate.failed"),
    ("channel.gave_up", "failed", {"channel": "hook"}, False, "channel.gave_up"),
    ("channel.test", "ok", {}, True, None),
    ("people.create", "ok", {}, True, None),
]


@pytest.mark.parametrize(("action", "result", "after", "by_person", "expected"), CASES)
def test_the_kind_of_an_event(
    action: str, result: str, after: dict[str, object], by_person: bool, expected: str | None
) -> None:
    kind = kind_of(Told(action, result, after, by_person))
    assert (kind.name if kind else None) == expected


def test_every_kind_is_reached() -> None:
    assert {case[-1] for case in CASES} - {None} == KINDS.keys()


def test_kinds_have_words() -> None:
    assert label_of("rollback.automatic") == "Automatic rollback started"
    assert label_of("test") == "Test"


def kinds_on_record() -> list[str]:
    events = Event.objects.filter(action__startswith="deployment.").order_by("pk")
    found = [kind_of(Told(e.action, e.result, e.after or {}, e.actor_id is not None)) for e in events]
    return [kind.name for kind in found if kind]


@pytest.mark.django_db
def test_what_deployments_really_put_on_record_is_news() -> None:
    product, ana = estate(), person(Role.RELEASE_MANAGER)
    dev = environment(product, "dev")
    first, second = (ready(product, version, ana) for version in ("1.0.0", "1.1.0"))
    live(dev, first, ana)
    made = promote(actor=ana, environment=dev, release=second, reason="Train.")
    end(made, RunState.FAILED)
    made.run.refresh_from_db()
    deployment_ended(made.run)
    live(dev, second, ana)
    back = rollback(actor=None, environment=dev, reason="Degraded.", release=first)
    end(back, RunState.SUCCEEDED)
    back.run.refresh_from_db()
    deployment_ended(back.run)
    assert kinds_on_record() == [
        "deployment.started",
        "deployment.started",
        "deployment.failed",
        "deployment.started",
        "rollback.automatic",
        "rollback.live",
    ]
