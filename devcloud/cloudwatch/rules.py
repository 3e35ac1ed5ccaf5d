"""The rules of composite alarms: states of other alarms, joined by AND, OR, NOT and parentheses."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from devcloud.cloudwatch.call import invalid
from devcloud.cloudwatch.state import ALARM, OK, UNKNOWN
from devcloud.errors import not_implemented

TOKEN = re.compile(
    r'\s*(?:(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*("[^"]*"|[^")]+?)\s*\)|(AND|OR|NOT|TRUE|FALSE)\b|([()]))'
)
OPERATORS = ("AND", "OR", "NOT")
MOST_ELEMENTS, LONGEST = 500, 10_240
States = Mapping[str, str]
Holds = Callable[[States], bool]


@dataclass(frozen=True)
class Rule:
    """When a composite alarm rings, by the states of the alarms that it names."""

    holds: Holds
    names: frozenset[str]


def read(text: str) -> Rule:
    """The rule of an `AlarmRule`. AWS: OR binds least, NOT most. Raises AwsError ValidationError."""
    if "AT_LEAST" in text:
        raise not_implemented("cloudwatch", "AT_LEAST in the rule of a composite alarm")
    if len(text) > LONGEST:
        raise invalid(f"A rule has at most {LONGEST} characters")
    reader = _Reader(_tokens(text))
    try:
        holds = reader.either()
    except RecursionError as error:
        raise invalid("Could not save the composite alarm: its rule is nested too deeply") from error
    if reader.left:
        raise invalid(f"Could not save the composite alarm: syntax error at {reader.left[0][0]}")
    return Rule(holds, frozenset(reader.names))


def _tokens(text: str) -> list[tuple[str, str]]:
    """As (what, name): the name only of a function, and of an ARN the alarm's own."""
    found, at, text = list[tuple[str, str]](), 0, text.strip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise invalid(f"Could not save the composite alarm: syntax error at {text[at : at + 20]}")
        function, name, word, bracket = match.groups()
        found.append((function or word or bracket, _name((name or "").strip('"'))))
        at = match.end()
    elements = [what for what, _ in found if what not in OPERATORS]
    if not 1 <= len(elements) <= MOST_ELEMENTS:
        raise invalid(f"A rule has 1 to {MOST_ELEMENTS} elements")
    return found


def _name(text: str) -> str:
    """The alarm's own name, also of an ARN."""
    return text.split(":", 6)[-1] if text.startswith("arn:") else text


@dataclass
class _Reader:
    """Reads from the left; `left` is what is still to be read."""

    left: list[tuple[str, str]]
    names: set[str] = field(default_factory=set)

    def either(self) -> Holds:
        parts = self._joined("OR", self._both)
        return lambda states: any(part(states) for part in parts)

    def _both(self) -> Holds:
        parts = self._joined("AND", self._one)
        return lambda states: all(part(states) for part in parts)

    def _joined(self, word: str, part: Callable[[], Holds]) -> list[Holds]:
        found = [part()]
        while self.left and self.left[0][0] == word:
            self.left.pop(0)
            found.append(part())
        return found

    def _one(self) -> Holds:
        what, name = self.left.pop(0) if self.left else ("its end", "")
        if what in (ALARM, OK, UNKNOWN):
            self.names.add(name)
            return lambda states: states.get(name, UNKNOWN) == what
        if what in ("TRUE", "FALSE"):
            return lambda _: what == "TRUE"
        if what == "NOT":
            inner = self._one()
            return lambda states: not inner(states)
        if what == "(":
            inner = self.either()
            if self.left and self.left.pop(0)[0] == ")":
                return inner
        raise invalid(f"Could not save the composite alarm: syntax error at {what}")
