"""What a page must hold to whoever looks at it: accessible, quiet, within its width."""

from dataclasses import dataclass

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


@dataclass(frozen=True)
class Look:
    """How somebody looks at the console: their system's theme and the width of their window in pixels."""

    theme: str = "light"
    width: int = 1440

    def __str__(self) -> str:
        return f"{self.theme}-{self.width}"


LOOKS = [Look(theme, width) for theme in ("light", "dark") for width in (1440, 390)]


def axe(page: Page) -> list[str]:
    """The violations that axe finds, in words; none is what a test asserts."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']} at {node['target']}: {one['help']}" for one in found for node in one["nodes"]]


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than the window."""
    wider: int = page.evaluate("Math.max(0, document.documentElement.scrollWidth - innerWidth)")
    return wider


def focused(page: Page) -> str:
    """The accessible name, text or id of what has the focus."""
    name: str = page.evaluate(
        "(e => e.getAttribute('aria-label') || e.id || e.textContent.trim())(document.activeElement)"
    )
    return name
