"""The on-call page stays up to date by itself, and ends at the sign-in when the session has ended."""

from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from runs.models import Run, RunState
from tests.browser.estate import Estate
from tests.browser.looking import axe, overflow
from users.models import User
from users.permissions import Role

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


def test_it_shows_what_happens_and_asks_to_sign_in_again(
    estate: Estate, sign_in: Callable[[User], Page]
) -> None:
    page = sign_in(estate.people[Role.RELEASE_MANAGER])
    page.goto("/on-call/")
    runs, failed = page.locator("#oc-runs"), page.locator("#oc-failed")
    expect(runs).to_contain_text("Promote Tim-Combo test to 1.1.0")
    Run.objects.filter(pk=estate.running.run_id).update(state=RunState.FAILED, error="No answer from S3.")
    expect(failed).to_contain_text("No answer from S3.")
    expect(runs).to_contain_text("Nothing is under way")
    assert axe(page) == []
    assert overflow(page) == 0
    Session.objects.all().delete()
    page.wait_for_url("**/login/?next=/on-call/")
