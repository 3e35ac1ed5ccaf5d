"""What a line of the checklist says, and how it follows from the resources that it is about. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from provisioning.planner import Wish
from provisioning.shapes import Shape

State = Literal["met", "wrong", "not yet"]
AT_MOST = 3


@dataclass(frozen=True)
class Line:
    """One line: what it asks, how it stands, the evidence, and when that was seen. `fix` is where it is put right."""

    text: str
    state: State
    evidence: str
    at: datetime | None = None
    fix: str = ""


@dataclass(frozen=True)
class Sight:
    """A resource that a line is about: how it should be and how it was seen; None is not there. `at` None: not looked yet.

    `accepted`: somebody took it as it was for what it should be.
    """

    wish: Wish
    shape: Shape | None
    at: datetime | None
    waits_for: str = ""
    accepted: bool = False

    @property
    def name(self) -> str:
        return self.wish.address.name


Test = Callable[[Any], str]
"""What is wrong with the shape of a resource, "" when nothing is."""


def there(shape: Any) -> str:
    """For lines that ask only that something is there."""
    return ""


def as_wished(text: str, sights: Sequence[Sight], well: str, fix: str = "") -> Line:
    """Met only when each resource is in every setting what the console would make of it."""
    line = of_resources(text, sights, well, fix=fix)
    wrong = [f"{one.name} {what}" for one in sights if (what := _other(one))]
    if line.state != "met" or not wrong:
        return line
    return Line(text, "wrong", f"{some(wrong)}.", line.at, fix)


def _other(one: Sight) -> str:
    if one.accepted:
        return "was accepted as it is"
    return "" if one.shape == one.wish.shape else "is other than it should be"


def of_resources(text: str, sights: Sequence[Sight], well: str, test: Test = there, fix: str = "") -> Line:
    """Met when every resource is there and the test finds nothing wrong. `well` is the evidence then, with {n} of them."""
    if not sights:
        return Line(text, "not yet", "No environment needs it yet.")
    unseen = [one.name for one in sights if one.at is None]
    if unseen:
        return Line(text, "not yet", f"Nobody has looked at {some(unseen)} yet.")
    oldest = min(one.at for one in sights if one.at)
    wrong = [f"{one.name} {what}" for one in sights if (what := _wrong(one, test))]
    if wrong:
        return Line(text, "wrong", f"{some(wrong)}.", oldest, fix)
    return Line(text, "met", well.format(n=len(sights)), oldest)


def _wrong(one: Sight, test: Test) -> str:
    return "is not there" if one.shape is None else test(one.shape) or one.waits_for


def some(words: Iterable[str]) -> str:
    """A few of them by name, the rest by number."""
    every = list(words)
    rest = len(every) - AT_MOST
    return "; ".join(every[:AT_MOST]) + (f"; and {rest} more" if rest > 0 else "")


def as_markdown(title: str, sections: Iterable[tuple[str, Sequence[Line]]]) -> str:
    """The whole list as the owner's document writes it, with the evidence behind each line."""
    parts = [f"# {title}", ""]
    for name, lines in sections:
        parts += [f"## {name}", ""]
        parts += [_item(line) for line in lines]
        parts.append("")
    return "\n".join(parts)


def _item(line: Line) -> str:
    seen = f" (seen {line.at:%Y-%m-%d %H:%M} UTC)" if line.at else ""
    word = "" if line.state == "met" else f"**{line.state}**: "
    return f"- [{'x' if line.state == 'met' else ' '}] {line.text}: {word}{line.evidence}{seen}"
