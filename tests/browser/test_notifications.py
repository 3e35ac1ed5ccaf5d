"""A channel is added, tried with the test button, and its page shows by itself whether the test arrived."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from notifications.models import Channel
from tests.browser.estate import Estate
from tests.browser.looking import axe
from tests.notifications.conftest import receiver
from tests.notifications.receivers import Answer, Receiver
from tests.notifications.rows import SECRET, deliver
from tests.runs.rows import aside
from users.models import User
from users.permissions import Role

__all__ = ["receiver"]

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def _in_the_demo(settings: Any) -> None:
    settings.DEMO = True
    settings.CONSOLE_WEBHOOK_SECRETS = {"TEAM": SECRET}


def test_the_test_button_says_what_became_of_it(
    estate: Estate, sign_in: Callable[[User], Page], receiver: Receiver
) -> None:
    Channel.objects.update(enabled=False)
    receiver.answers = [Answer(500, b"not <b>now</b>")]
    page = sign_in(estate.people[Role.ADMIN])
    page.goto("/notifications/")
    page.get_by_role("link", name="Add a channel").click()
    page.get_by_label("Name").fill("inbox")
    page.get_by_label("Webhook", exact=True).check()
    page.get_by_label("Address of the webhook").fill(receiver.url)
    page.get_by_label("Secret").fill("TEAM")
    page.get_by_role("button", name="Add the channel").click()
    page.get_by_role("button", name="Send a test").click()
    sent = page.locator("#channel-sent")
    expect(sent).to_contain_text("Waiting")
    aside(deliver).result(30)
    expect(sent).to_contain_text("127.0.0.1 answered 500: not <b>now</b>")
    expect(page.locator("#channel-state")).to_contain_text("Failed once")
    page.get_by_role("button", name="Send a test").click()
    aside(deliver).result(30)
    expect(sent).to_contain_text("Sent")
    expect(page.locator("#channel-state")).to_be_empty()
    assert axe(page) == []
    assert [got.json["kind"] for got in receiver.got] == ["test", "test"]
