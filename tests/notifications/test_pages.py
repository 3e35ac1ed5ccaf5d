"""The pages: who sees and does what, what a form refuses, and that no secret is on any of them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from audit.models import Event
from notifications.models import Channel, Delivery, Rule
from products.models import Product
from tests.notifications.receivers import Answer, Receiver
from tests.notifications.rows import SECRET, deliver, happen, pass_time, rule, told, webhook
from users.models import User

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]

HERE = "/notifications/"
NEW = f"{HERE}channels/new/"
HOOK = f"{HERE}channels/hook/"
WEBHOOK = {
    "name": "hook",
    "kind": "webhook",
    "url": "https://hooks.example.com/x",
    "setting": "TEAM",
    "enabled": "on",
}


def html(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()
    text: str = answer.content.decode()
    return text


def test_an_admin_adds_a_channel_and_a_rule(estate: None, admin: User, signed_in: SignIn) -> None:
    browser = signed_in(admin)
    assert "No channel yet" in html(browser.get(HERE))
    made = browser.post(NEW, WEBHOOK | {"reason": "Release train"})
    assert (made.status_code, made["Location"]) == (302, HOOK)
    tim = Product.objects.get(slug="tim-combo")
    asked = {"name": "Alarms", "channel": Channel.objects.get().pk, "product": tim.pk, "environment": "prod"}
    answer = browser.post(
        f"{HERE}rules/new/", asked | {"kinds": ["alarm.rang", "alarm.ended"], "enabled": "on"}
    )
    assert answer.status_code == 302
    one = Rule.objects.get()
    assert (one.kinds, one.product, one.environment) == (["alarm.rang", "alarm.ended"], tim, "prod")
    text = html(browser.get(HERE))
    assert "Alarm rang, Alarm ended" in text
    assert "Tim-Combo, prod" in text
    events = Event.objects.filter(action__in=["channel.create", "rule.create"]).order_by("pk")
    assert [(e.subject, e.reason) for e in events] == [("channel hook", "Release train"), ("rule Alarms", "")]


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"url": "http://hooks.example.com/"}, "url", "begins with https://"),
        ({"url": "https://127.0.0.1/"}, "url", "a name, not an address"),
        ({"url": ""}, "url", "The https address that is sent to"),
        ({"setting": ""}, "setting", "CONSOLE_WEBHOOK_SECRET_"),
        ({"setting": "team"}, "setting", "capital letters"),
        ({"addresses": "ana@example.com"}, "addresses", "Webhook does not use it"),
        ({"name": "Hook!"}, "name", "Small letters"),
        ({"name": "new"}, "name", "has a meaning of its own"),
        ({"kind": "email", "url": "", "setting": ""}, "addresses", "one address at least"),
        ({"kind": "email", "url": "", "setting": "", "addresses": "nobody"}, "addresses", "valid email"),
        ({"kind": "chat", "url": ""}, "", ""),
        ({"kind": "chat"}, "url", "Chat does not use it"),
    ],
)
def test_a_channel_has_what_its_kind_needs(
    admin: User, signed_in: SignIn, values: dict[str, str], field: str, words: str
) -> None:
    answer: Any = signed_in(admin).post(NEW, WEBHOOK | values)
    if not field:
        assert answer.status_code == 302
        return
    assert words in html(answer, 422)
    assert field in answer.context["form"].errors
    assert not Channel.objects.exists()


def test_a_channel_is_edited_and_keeps_its_name_and_kind(admin: User, signed_in: SignIn) -> None:
    webhook("https://hooks.example.com/old", failures=4)
    browser = signed_in(admin)
    assert 'name="kind"' not in html(browser.get(f"{HOOK}edit/"))
    answer = browser.post(f"{HOOK}edit/", WEBHOOK | {"name": "other", "kind": "email"})
    assert answer.status_code == 302
    row = Channel.objects.get()
    assert (row.name, row.kind, row.url, row.failures) == ("hook", "webhook", WEBHOOK["url"], 0)
    again = browser.post(f"{HOOK}edit/", WEBHOOK)
    assert "Nothing differs" in html(again, 422)


def test_a_rule_is_switched_off(admin: User, signed_in: SignIn) -> None:
    made = rule(webhook("https://hooks.example.com/"), "alarm.rang")
    address = f"{HERE}rules/{made.pk}/edit/"
    browser = signed_in(admin)
    assert 'value="alarm.rang"' in html(browser.get(address))
    values = {"name": made.name, "channel": made.channel_id, "kinds": ["alarm.rang"]}
    assert browser.post(address, values).status_code == 302
    made.refresh_from_db()
    assert not made.enabled
    assert "Switched off" in html(browser.get(HERE))
    wrong = browser.post(address, values | {"kinds": ["no.such"]})
    html(wrong, 422)


def test_a_test_is_sent_and_its_result_shown(receiver: Receiver, admin: User, signed_in: SignIn) -> None:
    webhook(receiver.url)
    browser = signed_in(admin)
    assert "Nothing was sent yet" in html(browser.get(HOOK))
    assert browser.post(f"{HOOK}test/")["Location"] == HOOK
    waiting = html(browser.get(HOOK))
    assert f'hx-get="{HOOK}now/"' in waiting
    assert "Waiting" in waiting
    deliver()
    now = html(browser.get(f"{HOOK}now/"))
    assert "Sent" in now
    assert "hx-get" not in now
    assert receiver.got[0].json["actor"] == "admin"


def test_a_failure_is_shown_with_its_answer_escaped(
    receiver: Receiver, admin: User, signed_in: SignIn
) -> None:
    receiver.answers = [Answer(500, b"<script>alert(1)</script>")]
    (delivery,) = told(webhook(receiver.url))
    deliver()
    browser = signed_in(admin)
    for address in (HOOK, f"{HERE}deliveries/", f"{HERE}deliveries/{delivery.pk}/"):
        text = html(browser.get(address))
        assert "&lt;script&gt;alert(1)" in text
        assert "<script>alert" not in text


def test_what_was_given_up_is_sent_again(receiver: Receiver, admin: User, signed_in: SignIn) -> None:
    receiver.answers = [Answer(503)] * 2
    (delivery,) = told(webhook(receiver.url))
    deliver()
    pass_time(hours=25)
    deliver()
    browser = signed_in(admin)
    page = f"{HERE}deliveries/{delivery.pk}/"
    assert "Send again" in html(browser.get(page))
    assert browser.post(f"{page}again/")["Location"] == page
    deliver()
    text = html(browser.get(page))
    assert "Send again" not in text
    assert "tim-combo" in text
    html(browser.post(f"{page}again/"), 409)


def test_who_may_not_edit_sees_and_is_refused_on_record(
    receiver: Receiver, viewer: User, manager: User, signed_in: SignIn
) -> None:
    channel = webhook(receiver.url)
    (delivery,) = told(channel)
    made = Rule.objects.get()
    for user in (viewer, manager):
        browser = signed_in(user)
        for address in (HERE, HOOK, f"{HERE}deliveries/", f"{HERE}deliveries/{delivery.pk}/"):
            assert "Send a test" not in html(browser.get(address))
        for address in (NEW, f"{HOOK}edit/", f"{HERE}rules/new/", f"{HERE}rules/{made.pk}/edit/"):
            html(browser.get(address), 403)
        html(browser.post(f"{HOOK}test/"), 403)
        html(browser.post(f"{HERE}deliveries/{delivery.pk}/again/"), 403)
        for action in ("channel.test", "delivery.repeat"):
            assert Event.objects.filter(action=action, result="refused", actor=user).count() == 1


def test_no_secret_is_on_any_page(receiver: Receiver, admin: User, signed_in: SignIn) -> None:
    (delivery,) = told(webhook(receiver.url))
    deliver()
    browser = signed_in(admin)
    for address in (HERE, HOOK, f"{HOOK}edit/", f"{HERE}deliveries/{delivery.pk}/"):
        assert SECRET not in html(browser.get(address))


def test_the_log_is_filtered_and_paged(receiver: Receiver, admin: User, signed_in: SignIn) -> None:
    receiver.answers = [Answer(400)]
    told(webhook(receiver.url), webhook(receiver.url, "second"), times=60)
    Delivery.objects.filter(channel__name="hook").update(state="sent")
    browser = signed_in(admin)
    log = f"{HERE}deliveries/"
    first: Any = browser.get(f"{log}?channel=hook")
    assert len(first.context["deliveries"]) == 50
    older: Any = browser.get(first.context["older_url"])
    assert len(older.context["deliveries"]) == 10
    assert {one["delivery"].channel.name for one in older.context["deliveries"]} == {"hook"}
    pending: Any = browser.get(f"{log}?state=pending")
    assert {one["delivery"].channel.name for one in pending.context["deliveries"]} == {"second"}
    assert "No notification here" in html(browser.get(f"{log}?channel=hook&state=failed"))
    html(browser.get(f"{log}?state=none"), 422)
    html(browser.get(f"{log}?channel=none"), 404)


def test_what_does_not_exist_is_said(admin: User, signed_in: SignIn) -> None:
    browser = signed_in(admin)
    for address in (HOOK, f"{HERE}rules/9/edit/", f"{HERE}deliveries/9/"):
        assert "There is no" in html(browser.get(address), 404)


def test_a_page_makes_as_many_queries_however_many_rows_there_are(
    admin: User, signed_in: SignIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    channels = [webhook("https://hooks.example.com/", f"hook-{n}") for n in range(20)]
    told(*channels)
    happen()
    browser = signed_in(admin)
    for address in (HERE, f"{HERE}channels/hook-1/", f"{HERE}deliveries/"):
        with django_assert_max_num_queries(8):
            html(browser.get(address))
