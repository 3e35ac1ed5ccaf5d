"""Editing a configuration in Chromium, and the pages of the estate that only an admin sees."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from products.models import Account, Environment
from products.services import save_check, save_config
from tests.browser.estate import Estate
from tests.browser.looking import LOOKS, Look, axe, overflow
from users.models import User
from users.permissions import Role

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
SignIn = Callable[[User], Page]

TIM = "/products/tim-combo"
CONFIGURATION = f"{TIM}/configuration/"
PAGES = [
    f"{CONFIGURATION}?view=text",
    f"{CONFIGURATION}dev/",
    f"{CONFIGURATION}dev/?view=text",
    f"{CONFIGURATION}dev/history/",
    f"{CONFIGURATION}dev/restore/1/",
    f"{TIM}/environments/prod/settings/",
    f"{TIM}/environments/static/hostnames/",
    f"{TIM}/new-environment/",
    f"{TIM}/zone/",
    "/products/new/",
    "/accounts/media/",
    "/accounts/media/edit/",
]
FINDINGS: list[dict[str, Any]] = [
    {"what": "read: the role can be taken", "ok": True, "text": "It acts in account 855652006097."},
    {"what": "read: the external id is required", "ok": None, "text": "It could not be tried."},
    {
        "what": "deploy: s3:PutObject on tim-app-dev-855652006097",
        "ok": False,
        "text": "AWS said AccessDenied.",
    },
]
POLICIES = [
    {"purpose": "read", "role": "arn:aws:iam::855652006097:role/x", "trust": "{}", "permissions": ["{}"]}
]


@pytest.mark.parametrize("look", LOOKS, indirect=True, ids=str)
def test_pages_of_an_admin(look: Look, estate: Estate, sign_in: SignIn, said: list[str]) -> None:
    dev = Environment.objects.get(product__slug="tim-combo", name="dev")
    save_config(
        actor=None, environment=dev, values={"A": "1", "LONG": "x" * 300}, reason="TC-477", revision=1
    )
    save_check(Account.objects.get(name="media"), FINDINGS, POLICIES)
    page = sign_in(estate.people[Role.ADMIN])
    wrong = []
    for address in PAGES:
        answer = page.goto(address)
        assert answer is not None
        found = [*axe(page), *said, *([f"{overflow(page)} px too wide"] if overflow(page) else [])]
        said.clear()
        if answer.status != 200:
            found.append(f"answered {answer.status}")
        wrong += [f"{address}: {one}" for one in found]
    assert wrong == []


def test_a_value_is_edited_looked_at_saved_and_restored(estate: Estate, sign_in: SignIn) -> None:
    page = sign_in(estate.people[Role.ADMIN])
    page.goto(CONFIGURATION)
    page.get_by_role("link", name="Edit dev").click()
    page.get_by_label("REACT_APP_FROM_EMAIL in dev").fill("hello@happyhippo.ai")
    page.get_by_label("New key 1", exact=True).fill("PILOT")
    page.get_by_label("Value of new key 1").fill("true")
    page.get_by_role("button", name="Show the difference").click()
    page.get_by_role("heading", name="You are about to change 2 values in dev").wait_for()
    assert page.locator(".diff del").nth(1).inner_text().endswith("noreply@happyhippo.ai")
    assert axe(page) == []
    page.get_by_label("Reason").fill("Pilot begins, TC-480")
    page.get_by_role("button", name="Save 2 values for dev").click()
    page.get_by_role("heading", name="Revision 2").wait_for()
    page.get_by_text("“Pilot begins, TC-480”").wait_for()
    page.get_by_role("link", name="Restore revision 1").click()
    page.get_by_label("Reason").fill("Too early")
    page.get_by_role("button", name="Restore revision 1 for dev").click()
    page.get_by_text("restored from revision 1").wait_for()
    dev = Environment.objects.select_related("config").get(product__slug="tim-combo", name="dev")
    assert dev.config
    assert (dev.config.number, dev.config.values["REACT_APP_FROM_EMAIL"]) == (3, "noreply@happyhippo.ai")
