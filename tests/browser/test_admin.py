"""Django's admin site in Chromium: it finds every file that it names."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.estate import Estate
from users.models import User
from users.permissions import Role

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.mark.parametrize("path", ["/admin/", "/admin/products/environment/"])
def test_every_file_is_there(estate: Estate, sign_in: Callable[[User], Page], path: str) -> None:
    page = sign_in(estate.people[Role.ADMIN])
    missing: list[str] = []
    page.on("response", lambda answer: missing.append(answer.url) if answer.status >= 400 else None)
    page.goto(path)
    assert page.evaluate("fetch('/favicon.ico').then(answer => answer.status)") == 200
    assert missing == []
