"""Chromium on the real pages: a server in this process, on a database of the test's own.

`page` is a tab that looks as `look` says, and that fails its test when the console says anything: an error, a
warning, a report of the content security policy. `said` holds what it said; a test that expects something clears it.
"""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.demo import PATIENCE
from tests.browser.estate import Estate, build_estate
from tests.browser.looking import Look
from timcombo_console.wsgi import application
from users.models import User

if TYPE_CHECKING:
    from tests.workers import Clone

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()


class QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """The test says what went wrong; a line per request does not."""


@dataclass
class Site:
    """The console, served: `at("/audit/")` is an address."""

    url: str

    def at(self, path: str) -> str:
        return self.url + path


@pytest.fixture(scope="session")
def template(estate_template: str) -> str:
    """What `cloned_database` copies in this folder."""
    return estate_template


@pytest.fixture
def site(cloned_database: "Clone") -> Iterator[Site]:
    """The console's own pages on a fresh database."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietHandler)
    server.set_app(application)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def estate(site: Site) -> Estate:
    """The document's estate with people, releases and deployments in every state."""
    return build_estate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. It lives as long as a module's tests, because its event loop would be in the way of others'."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        pytest.fail("No Chromium is installed. On Debian: apt-get install chromium.")
    # Playwright keeps a loop running in this thread; the test's own queries are not asynchronous all the same.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def look(request: pytest.FixtureRequest) -> Look:
    """Light and wide, unless the test asks for others by `@pytest.mark.parametrize("look", LOOKS, indirect=True)`."""
    wanted = getattr(request, "param", None)
    return wanted if isinstance(wanted, Look) else Look()


@pytest.fixture
def said() -> list[str]:
    """What the browser's console said."""
    return []


@pytest.fixture
def page(browser: Browser, site: Site, look: Look, said: list[str]) -> Iterator[Page]:
    """A tab of a fresh browser profile."""
    context = browser.new_context(
        base_url=site.url,
        viewport={"width": look.width, "height": 900},
        color_scheme="dark" if look.theme == "dark" else "light",
        has_touch=look.width < 768,
        reduced_motion="reduce",
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    tab = context.new_page()
    tab.set_default_timeout(PATIENCE)
    tab.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    tab.on("pageerror", lambda error: said.append(f"error: {error}"))
    yield tab
    context.close()
    assert said == []


@pytest.fixture
def sign_in(page: Page, site: Site) -> Callable[[User], Page]:
    """Signs somebody in without the form, which has tests of its own."""

    def signed_in(user: User) -> Page:
        client = Client()
        client.force_login(user, "django.contrib.auth.backends.ModelBackend")
        page.context.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site.url}]
        )
        return page

    return signed_in
