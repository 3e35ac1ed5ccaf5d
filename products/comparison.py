"""The configuration of a product's environments side by side, as its page shows it. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

Values = Mapping[str, str]


@dataclass(frozen=True)
class Cell:
    """One key in one environment.

    `value` is None where it is not set. `same_as` names the first environment to the left with the same value.
    """

    environment: str
    value: str | None
    same_as: str


@dataclass(frozen=True)
class Row:
    """One key in all environments. `equal`: every environment has the same value."""

    key: str
    cells: tuple[Cell, ...]

    @property
    def equal(self) -> bool:
        return len({cell.value for cell in self.cells}) == 1

    @property
    def missing(self) -> bool:
        """Whether some environment does not have it."""
        return any(cell.value is None for cell in self.cells)


def rows(columns: Sequence[tuple[str, Values]]) -> list[Row]:
    """All keys of all environments, sorted; `columns` are `(environment's name, values)` in order."""
    keys = sorted({key for _, values in columns for key in values})
    return [Row(key, tuple(_cells(key, columns))) for key in keys]


def _cells(key: str, columns: Sequence[tuple[str, Values]]) -> list[Cell]:
    first: dict[str, str] = {}
    cells = []
    for name, values in columns:
        value = values.get(key)
        cells.append(Cell(name, value, first.get(value, "") if value is not None else ""))
        if value is not None:
            first.setdefault(value, name)
    return cells


@dataclass(frozen=True)
class Line:
    """A row under edit: what the edited environment had (None: not set), and why the new value does not hold.

    `fixed`: some environment has the key already, so it cannot be retyped here.
    """

    row: Row
    was: str | None
    error: str
    fixed: bool


def lines(
    columns: Sequence[tuple[str, Values]], edited: str, wanted: Values, errors: Mapping[str, str]
) -> list[Line]:
    """The rows of an edit: the environment `edited` shows what is `wanted`, the others what they have."""
    had = dict(columns)[edited]
    known = {key for _, values in columns for key in values}
    shown = [(name, wanted if name == edited else values) for name, values in columns]
    return [
        Line(Row(key, tuple(_cells(key, shown))), had.get(key), errors.get(key, ""), key in known)
        for key in sorted(known | wanted.keys())
    ]


def from_pairs(
    keys: Sequence[str], values: Sequence[str], unset: Collection[str], had: Collection[str]
) -> dict[str, str]:
    """The values of a form's fields. A key in `unset` goes; an empty field of a key that was not set stays so.

    Raises ValueError with a sentence for a value without a key, and for a key that is there twice.
    """
    found: dict[str, str] = {}
    for key, value in zip((key.strip() for key in keys), values, strict=True):
        if key in unset or (value == "" and key not in had):
            continue
        if not key:
            raise ValueError(f"The value “{value[:60]}” has no key. Name it, or empty the field.")
        if key in found:
            raise ValueError(f"{key} is there twice. Keep one of them.")
        found[key] = value
    return found


def as_text(values: Values) -> str:
    """The values as `KEY=value` lines, sorted; values hold no line breaks."""
    return "".join(f"{key}={value}\n" for key, value in sorted(values.items()))


def from_text(text: str) -> dict[str, str]:
    """The values of `KEY=value` lines; empty lines are left out. Raises ValueError, which names the line."""
    values: dict[str, str] = {}
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        key, sign, value = line.partition("=")
        key = key.strip()
        if not line.strip():
            continue
        if not sign:
            raise ValueError(f"Line {number} has no “=”. Write each value as KEY=value.")
        if key in values:
            raise ValueError(f"Line {number} names {key} for the second time. Keep one of them.")
        values[key] = value
    return values
