"""From the sealed audit log to deliveries: what matches, once, and nothing old."""

import pytest

from audit.sealer import seal
from audit.services import record
from notifications.models import Cursor, Delivery
from notifications.telling import tell
from products.models import Product
from tests.notifications.rows import email, happen, rule, webhook

pytestmark = pytest.mark.django_db
HOOK = "https://hooks.example.com/"


def kinds() -> list[tuple[str, str]]:
    return [(one.channel.name, one.kind) for one in Delivery.objects.order_by("pk").select_related("channel")]


def test_what_happened_before_the_first_start_is_not_told() -> None:
    rule(webhook(HOOK))
    happen()
    assert tell() == 0
    happen()
    assert tell() == 1
    assert tell() == 0
    assert Delivery.objects.count() == 1


def test_what_is_not_sealed_yet_is_told_once_it_is() -> None:
    rule(webhook(HOOK))
    tell()
    record(actor=None, action="release.checked")
    assert tell() == 0
    seal()
    assert tell() == 1


def test_a_rule_narrows_by_kind_product_and_environment(estate: None) -> None:
    tim = Product.objects.get(slug="tim-combo")
    everything, narrow, off = (webhook(HOOK, name) for name in ("all", "narrow", "off"))
    rule(everything)
    rule(narrow, "alarm.rang", product=tim, environment="prod")
    rule(narrow, "release.ready", product=tim)
    rule(off, enabled=False)
    tell()
    happen("alarm.changed", environment="prod", after={"state": "ALARM"})
    happen("alarm.changed", environment="dev", after={"state": "ALARM"})
    happen("alarm.changed", environment="prod", product="flux-systems", after={"state": "ALARM"})
    happen("alarm.changed", environment="prod", after={"state": "OK"})
    happen("release.checked")
    happen("person.create")
    tell()
    assert [kind for name, kind in kinds() if name == "all"] == [
        "alarm.rang",
        "alarm.rang",
        "alarm.rang",
        "alarm.ended",
        "release.ready",
    ]
    assert [kind for name, kind in kinds() if name == "narrow"] == ["alarm.rang", "release.ready"]
    assert "off" not in dict(kinds())


def test_a_rule_that_matches_nothing_moves_on_all_the_same() -> None:
    rule(webhook(HOOK), "edge.differs")
    tell()
    happen()
    assert tell() == 0
    assert Cursor.objects.get().position == 1
    assert kinds() == []


def test_two_rules_of_one_channel_tell_once_and_two_channels_each() -> None:
    hook, mail = webhook(HOOK), email("team@example.com")
    rule(hook)
    rule(hook, "release.ready")
    rule(mail)
    tell()
    happen()
    assert tell() == 2
    assert sorted(kinds()) == [("hook", "release.ready"), ("mail", "release.ready")]


def test_a_channel_that_is_off_is_told_nothing() -> None:
    rule(webhook(HOOK, enabled=False))
    tell()
    happen()
    assert tell() == 0


def test_a_channel_is_not_told_that_it_gave_up_itself() -> None:
    rule(webhook(HOOK, "dead"))
    rule(webhook(HOOK, "other"))
    tell()
    happen("channel.gave_up", result="failed", product="", after={"channel": "dead", "given_up": 3})
    tell()
    assert kinds() == [("other", "channel.gave_up")]


def test_the_payload_is_what_is_on_record() -> None:
    rule(webhook(HOOK))
    tell()
    event = happen(
        "deployment.ended",
        environment="dev",
        reason="TC-1",
        subject_url="/deployments/3/",
        after={"status": "live", "kind": "promote"},
    )
    tell()
    delivery = Delivery.objects.get()
    assert delivery.event == event
    assert delivery.subject == "Deployment live: Tim-Combo 1.1.0"
    assert delivery.payload == {
        "id": event.pk,
        "at": f"{event.at:%Y-%m-%dT%H:%M:%SZ}",
        "kind": "deployment.live",
        "product": "tim-combo",
        "environment": "dev",
        "subject": "Tim-Combo 1.1.0",
        "summary": "It is ready.",
        "reason": "TC-1",
        "url": "https://console.example.com/deployments/3/",
        "actor": "console",
        "after": {"status": "live", "kind": "promote"},
    }


def test_a_thousand_events_are_told_in_order_in_slices() -> None:
    rule(webhook(HOOK))
    tell()
    for _ in range(1001):
        record(actor=None, action="release.checked")
    seal(2000)
    assert [tell(), tell(), tell(), tell()] == [500, 500, 1, 0]
    events = list(Delivery.objects.order_by("pk").values_list("event_id", flat=True))
    assert events == sorted(events)
