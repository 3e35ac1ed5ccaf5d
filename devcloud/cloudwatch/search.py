"""SEARCH: which metrics fit a schema and terms.

AWS: `{Namespace, Dimension} MetricName="X" Dimension=part word`, with AND, OR, NOT and brackets. Words beside each other are
all needed. A word in double quotes must be the whole name or value; any other is found where its parts follow each other
in it, whatever their case: parts end where letters become digits or capitals, and at every other sign.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from devcloud.cloudwatch.expressions import invalid
from devcloud.cloudwatch.numbers import Metric

SCHEMA = re.compile(r"\s*\{([^}]*)\}")
WORD = re.compile(r'\s*([()]|=|"[^"]*"|[^\s()="]+)')
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
Fits = Callable[[Metric], bool]


@dataclass
class Terms:
    """The words of a search, read from the left."""

    words: list[str] = field(default_factory=list)

    def any_of(self) -> Fits:
        found = [self._all_of()]
        while self._next("OR"):
            found.append(self._all_of())
        return lambda metric: any(fits(metric) for fits in found)

    def _all_of(self) -> Fits:
        found = [self._one()]
        while self.words and self.words[0] not in ("OR", ")"):
            self._next("AND")
            found.append(self._one())
        return lambda metric: all(fits(metric) for fits in found)

    def _one(self) -> Fits:
        if self._next("NOT"):
            unwanted = self._one()
            return lambda metric: not unwanted(metric)
        if self._next("("):
            inner = self.any_of()
            if not self._next(")"):
                raise invalid("Error in expression: a bracket of the search is not closed")
            return inner
        return self._term()

    def _term(self) -> Fits:
        word = self._word()
        if not self._next("="):
            return lambda metric: any(_like(word, value) for value in _values(metric))
        property_name, wanted = word.strip('"'), self._term_value()
        return lambda metric: any(_like(one, _value(metric, property_name)) for one in wanted)

    def _term_value(self) -> list[str]:
        if not self._next("("):
            return [self._word()]
        wanted = [self._word()]
        while self._next("OR"):
            wanted.append(self._word())
        if not self._next(")"):
            raise invalid("Error in expression: a bracket of the search is not closed")
        return wanted

    def _word(self) -> str:
        if not self.words or self.words[0] in ("(", ")", "=", "AND", "OR"):
            raise invalid("Error in expression: a word of the search is missing")
        return self.words.pop(0)

    def _next(self, word: str) -> bool:
        """Take the word when it is the next one."""
        there = bool(self.words) and self.words[0] == word
        if there:
            self.words.pop(0)
        return there


def read(search: str) -> Fits:
    """What tells whether a metric is found. Raises AwsError ValidationError for what is no search."""
    schema = SCHEMA.match(search)
    terms = Terms(WORD.findall(search[schema.end() :] if schema else search))
    if schema is None and not terms.words:
        raise invalid("Error in expression: the search is empty")
    by_terms = terms.any_of() if terms.words else lambda _: True
    if terms.words:
        raise invalid(f"Error in expression: the search cannot be read from '{terms.words[0]}'")
    namespace, *dimensions = _names(schema.group(1)) if schema else [""]
    wanted = tuple(sorted(dimensions))
    return lambda metric: (schema is None or _shaped(metric, namespace, wanted)) and by_terms(metric)


def _names(schema: str) -> list[str]:
    return [each.strip().strip('"') for each in schema.split(",")]


def _shaped(metric: Metric, namespace: str, dimensions: tuple[str, ...]) -> bool:
    """AWS: exactly these dimensions, neither more nor fewer."""
    return metric.namespace == namespace and tuple(name for name, _ in metric.dimensions) == dimensions


def _values(metric: Metric) -> list[str]:
    names = [part for pair in metric.dimensions for part in pair]
    return [metric.namespace, metric.name, *names]


def _value(metric: Metric, property_name: str) -> str:
    own = {"Namespace": metric.namespace, "MetricName": metric.name}
    return own.get(property_name) or dict(metric.dimensions).get(property_name, "")


def _like(word: str, value: str) -> bool:
    if word.startswith('"'):
        return value == word.strip('"')
    wanted, there = _parts(word), _parts(value)
    last = len(there) - len(wanted) + 1
    return any(there[first : first + len(wanted)] == wanted for first in range(last))


def _parts(text: str) -> list[str]:
    return [part.lower() for part in PART.findall(text)]
