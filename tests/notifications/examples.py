"""Examples of the actions of notifications, for the guard test (see `tests/examples.py`)."""

from notifications.models import Delivery
from notifications.services import create_channel, create_rule, edit_channel, edit_rule, repeat, send_test
from tests.examples import Call, example
from tests.notifications.rows import rule, told, webhook

HOOK = "https://hooks.example.com/"


@example("channel.create")
def add_channel() -> Call:
    values = {"name": "on-call", "kind": "email", "addresses": ["on-call@example.com"]}
    return lambda actor: create_channel(actor=actor, values=values)


@example("channel.edit")
def edit_a_channel() -> Call:
    channel = webhook(HOOK)
    return lambda actor: edit_channel(actor=actor, channel=channel, values={"enabled": False})


@example("channel.test")
def test_a_channel() -> Call:
    channel = webhook(HOOK)
    return lambda actor: send_test(actor=actor, channel=channel)


@example("delivery.repeat")
def repeat_a_delivery() -> Call:
    (delivery,) = told(webhook(HOOK))
    Delivery.objects.update(state="given_up")
    return lambda actor: repeat(actor=actor, delivery=delivery)


@example("rule.create")
def add_rule() -> Call:
    channel = webhook(HOOK)
    values = {"name": "Alarms", "channel": channel, "kinds": ["alarm.rang"]}
    return lambda actor: create_rule(actor=actor, values=values)


@example("rule.edit")
def edit_a_rule() -> Call:
    made = rule(webhook(HOOK))
    return lambda actor: edit_rule(actor=actor, rule=made, values={"enabled": False})
