"""Metric math: reading an expression, and what comes of it.

AWS: operators and functions work on numbers, on time series, and on lists of them, as `SEARCH` gives.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from devcloud.cloudwatch.numbers import Metric
from devcloud.errors import AwsError, not_implemented

LEVELS = (("||",), ("&&",), ("==", "!=", "<=", ">=", "<", ">"), ("+", "-"), ("*", "/"))
"""The operators between two values, those that bind least first."""
TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?)|(?P<text>'[^']*'|\"[^\"]*\")|(?P<word>[A-Za-z]\w*)|(?P<sign>\|\||&&|[=!<>]=|[-+*/^<>(),\[\]]))"
)
END = ("end", "")


@dataclass(frozen=True)
class Line:
    """A time series: values by time, and of which metric they are where it is one."""

    points: Mapping[int, float]
    metric: Metric | None = None
    statistic: str = ""
    period: int = 0


Value = float | Line | Sequence[Line]


@dataclass(frozen=True)
class Number:
    value: float


@dataclass(frozen=True)
class Text:
    value: str


@dataclass(frozen=True)
class Name:
    """The Id of another query."""

    value: str


@dataclass(frozen=True)
class Call:
    """A function or an operator; `[]` makes a list."""

    function: str
    arguments: tuple["Node", ...]


Node = Number | Text | Name | Call


@dataclass
class Reader:
    """Reads one expression from its words."""

    expression: str
    words: list[tuple[str, str]] = field(default_factory=list)

    def read(self) -> Node:
        """Raises AwsError ValidationError for what is no expression."""
        at, text = 0, self.expression.strip()
        while at < len(text):
            found = TOKEN.match(text, at)
            if found is None:
                raise self.wrong(text[at:])
            at = found.end()
            self.words.append((str(found.lastgroup), found[str(found.lastgroup)]))
        whole = self._level(0)
        if self.words:
            raise self.wrong(self.words[0][1])
        return whole

    def wrong(self, where: str) -> AwsError:
        return invalid(f"Error in expression '{self.expression}' near '{where}'")

    def _level(self, level: int) -> Node:
        if level == len(LEVELS):
            return self._power()
        left = self._level(level + 1)
        while self._peek()[1] in LEVELS[level] and self._peek()[0] == "sign":
            left = Call(self._take()[1], (left, self._level(level + 1)))
        return left

    def _power(self) -> Node:
        if self._peek() == ("sign", "-"):
            self._take()
            return Call("-", (Number(0.0), self._power()))
        base = self._value()
        if self._peek() == ("sign", "^"):
            self._take()
            return Call("^", (base, self._power()))
        return base

    def _value(self) -> Node:
        kind, word = self._take()
        if kind == "number":
            return Number(float(word))
        if kind == "text":
            return Text(word[1:-1])
        if kind == "word" and self._peek() == ("sign", "("):
            self._take()
            return Call(word.upper(), self._until(")"))
        if kind == "word":
            return Name(word)
        if word == "[":
            return Call("[]", self._until("]"))
        if word != "(":
            raise self.wrong(word)
        inner = self._level(0)
        self._expect(")")
        return inner

    def _until(self, closing: str) -> tuple[Node, ...]:
        found = [self._level(0)]
        while self._peek() == ("sign", ","):
            self._take()
            found.append(self._level(0))
        self._expect(closing)
        return tuple(found)

    def _expect(self, sign: str) -> None:
        if (word := self._take()) != ("sign", sign):
            raise self.wrong(word[1])

    def _peek(self) -> tuple[str, str]:
        return self.words[0] if self.words else END

    def _take(self) -> tuple[str, str]:
        return self.words.pop(0) if self.words else END


def read(expression: str) -> Node:
    """Raises AwsError ValidationError for what is no expression."""
    return Reader(expression).read()


def names(node: Node) -> set[str]:
    """The Ids that an expression uses."""
    if isinstance(node, Name):
        return {node.value}
    return {name for each in node.arguments for name in names(each)} if isinstance(node, Call) else set()


def functions(node: Node) -> set[str]:
    """The functions and operators that an expression uses."""
    if not isinstance(node, Call):
        return set()
    return {node.function}.union(*(functions(each) for each in node.arguments))


@dataclass(frozen=True)
class Evaluation:
    """How an expression comes to the values of other queries, and to those of a search."""

    value_of: Callable[[str], Value]
    search: Callable[[Sequence[Node]], Sequence[Line]]

    def value(self, node: Node) -> Value:
        """Raises AwsError ValidationError for what makes no sense."""
        if isinstance(node, Number):
            return node.value
        if isinstance(node, Name):
            return self.value_of(node.value)
        if isinstance(node, Text):
            raise invalid(f"Error in expression: a text where a value is needed: '{node.value}'")
        if node.function == "SEARCH":
            return self.search(node.arguments)
        return apply(node.function, [self.value(each) for each in node.arguments])


def apply(function: str, values: list[Value]) -> Value:
    """What a function or an operator makes of its arguments. Raises AwsError ValidationError, NotImplemented."""
    if function == "[]":
        return [line for value in values for line in _lines(value)]
    if function in OPERATORS and len(values) == 2:
        return _pointwise(OPERATORS[function], *values)
    if function == "IF" and len(values) == 3:
        return _choice(*values)
    if function in JOINED and len(values) == 1:
        return _joined(JOINED[function], values[0])
    if function in ("IF", *JOINED):
        raise invalid(f"Error in expression: wrong number of arguments of {function}")
    raise not_implemented("cloudwatch", f"metric math {function}")


def _lines(value: Value) -> Sequence[Line]:
    if isinstance(value, float):
        raise invalid("Error in expression: a number where a time series is needed")
    return [value] if isinstance(value, Line) else value


def _pointwise(function: Callable[[float, float], float], left: Value, right: Value) -> Value:
    """AWS: only times that both have; a division by zero has no data point."""
    if isinstance(left, float) and isinstance(right, float):
        return function(left, right)
    if isinstance(left, Line | float) and isinstance(right, Line | float):
        moments = _moments(left, right)
        pairs = {at: (_at(left, at), _at(right, at)) for at in moments}
        known = {at: two for at, two in pairs.items() if function is not operator.truediv or two[1]}
        return Line({at: function(*two) for at, two in known.items()})
    if isinstance(left, Line | float):
        return [_line(_pointwise(function, left, each)) for each in _lines(right)]
    if isinstance(right, Line | float):
        return [_line(_pointwise(function, each, right)) for each in left]
    raise invalid("Error in expression: an operator between two lists of time series")


def _line(value: Value) -> Line:
    (line,) = _lines(value)
    return line


def _moments(*values: Line | float) -> set[int]:
    return set.intersection(*(set(each.points) for each in values if isinstance(each, Line)))


def _at(value: Line | float, at: int) -> float:
    return value if isinstance(value, float) else value.points[at]


def _choice(condition: Value, met: Value, unmet: Value) -> Value:
    """AWS: value by value; where the chosen one has none, there is none."""
    if isinstance(condition, float):
        return met if condition else unmet
    line, found = _line(condition), dict[int, float]()
    for at, holds in line.points.items():
        chosen = met if holds else unmet
        if isinstance(chosen, float):
            found[at] = chosen
        elif at in (one := _line(chosen)).points:
            found[at] = one.points[at]
    return Line(found)


def _joined(function: Callable[[list[float]], float], value: Value) -> Value:
    """AWS: of one time series a number; of several a time series over all times that one of them has."""
    if isinstance(value, Line):
        return function(list(value.points.values())) if value.points else value
    lines = _lines(value)
    moments = sorted({at for line in lines for at in line.points})
    return Line({at: function([line.points[at] for line in lines if at in line.points]) for at in moments})


OPERATORS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
    "==": lambda a, b: float(a == b),
    "!=": lambda a, b: float(a != b),
    "<": lambda a, b: float(a < b),
    ">": lambda a, b: float(a > b),
    "<=": lambda a, b: float(a <= b),
    ">=": lambda a, b: float(a >= b),
    "&&": lambda a, b: float(bool(a and b)),
    "||": lambda a, b: float(bool(a or b)),
}
JOINED: Mapping[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "MIN": min,
    "MAX": max,
    "AVG": lambda values: sum(values) / len(values),
}


def invalid(message: str) -> AwsError:
    return AwsError("ValidationError", 400, message)
