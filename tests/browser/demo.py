"""`./console up` as a newcomer's, and a browser in front of it."""

import json
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from playwright.sync_api import Browser, Page

from tests.browser.looking import Look, axe, overflow
from tests.supervisor.console_run import ConsoleRun

PATIENCE = 60_000
"""Milliseconds until a page must show what a test waits for, on a busy machine; nothing waits longer than it takes."""


class Demo:
    """A running demo: its people, its sites, its API."""

    def __init__(self, run: ConsoleRun) -> None:
        self.facts = run.facts
        self.url: str = self.facts["url"]

    def login(self, role: str) -> Mapping[str, str]:
        return next(user for user in self.facts["users"] if user["role"] == role)

    def site(self, host: str, path: str = "/") -> str:
        """Where a browser finds a site: below localhost, at the edge's port."""
        return f"http://{host}.localhost:{self.facts['edge'].rpartition(':')[2]}{path}"

    def call(self, path: str, body: Any = None, files: Mapping[str, bytes] | None = None) -> Any:
        """The API as the release manager, as CI would."""
        headers = {"Authorization": f"Bearer {self.facts['api_token']}"}
        data, kind = (
            multipart(body, files)
            if files
            else (json.dumps(body).encode() if body else None, "application/json")
        )
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers | {"Content-Type": kind})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def until(self, path: str, wanted: str, seconds: float = 60) -> Any:
        """Poll until the status is the wanted one."""
        end = time.monotonic() + seconds
        while (found := self.call(path))["status"] != wanted:
            assert found["status"] not in ("failed", "rejected", "cancelled"), found
            assert time.monotonic() < end, found
            time.sleep(0.2)
        return found


def multipart(fields: Mapping[str, str], files: Mapping[str, bytes]) -> tuple[bytes, str]:
    """A form as `curl -F` sends it."""
    edge = uuid4().hex
    parts = [_part(edge, f'name="{name}"', text.encode()) for name, text in fields.items()]
    parts += [_part(edge, f'name="{name}"; filename="app.zip"', body) for name, body in files.items()]
    return b"".join(parts) + f"--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"


def _part(edge: str, disposition: str, body: bytes) -> bytes:
    return f"--{edge}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode() + body + b"\r\n"


@contextmanager
def tab(browser: Browser, demo: Demo, look: Look | None = None, *, expected: str = "") -> Iterator[Page]:
    """A tab of a fresh profile, which fails its test when the browser's console says anything but `expected`."""
    look = look or Look()
    said: list[str] = []
    context = browser.new_context(
        base_url=demo.url,
        viewport={"width": look.width, "height": 900},
        color_scheme="dark" if look.theme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    yield page
    context.close()
    unexpected = [line for line in said if not expected or expected not in line]
    assert unexpected == [], unexpected


def sign_in(page: Page, demo: Demo, role: str) -> Page:
    """Through the form, as a person."""
    login = demo.login(role)
    page.goto("/login/")
    page.get_by_label("User name").fill(login["name"])
    page.get_by_label("Password").fill(login["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{demo.url}/")
    return page


@contextmanager
def demo_in(folder: Path) -> Iterator[Demo]:
    """A demo of its own for the block."""
    run = ConsoleRun(folder / "checkout")
    try:
        yield Demo(run.up())
    finally:
        run.remove()


def well_made(page: Page) -> None:
    """Nothing that keeps anybody from reading it, and nothing wider than the screen."""
    violations, wider = axe(page), overflow(page)
    assert not violations, f"{page.url}: {violations}"
    assert not wider, f"{page.url} is {wider} pixels wider than the window"
