"""What a fresh demo's people are told, and where."""

from typing import Any

import pytest

from notifications.models import Channel, Rule
from notifications.telling import tell
from tests.notifications.receivers import Receiver
from tests.notifications.rows import deliver, happen
from timcombo_console.demo.seed import INBOX_SECRET, seed_notifications, seed_people

pytestmark = pytest.mark.django_db


def test_everything_goes_to_the_inbox_of_the_emulated_cloud(receiver: Receiver, settings: Any) -> None:
    settings.CONSOLE_DEMO_INBOX = receiver.url
    settings.CONSOLE_WEBHOOK_SECRETS = {INBOX_SECRET: "made up"}
    seed_people()
    seed_notifications()
    tell()
    happen("alarm.changed", environment="prod", after={"state": "ALARM"})
    happen("person.create")
    tell()
    deliver()
    assert [got.json["kind"] for got in receiver.got] == ["alarm.rang"]
    assert receiver.got[0].headers["X-Console-Signature"].startswith("v1=")


def test_without_an_inbox_nobody_is_told(settings: Any) -> None:
    settings.CONSOLE_DEMO_INBOX = ""
    seed_people()
    seed_notifications()
    assert not Channel.objects.exists()
    assert not Rule.objects.exists()
