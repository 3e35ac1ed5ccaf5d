"""What is wrong with an estate file, and where."""

from collections.abc import Sequence
from dataclasses import dataclass

Place = tuple[str | int, ...]
"""The way to a value: `("products", 0, "environments", 1, "frontend", "bucket")`."""


@dataclass(frozen=True)
class Problem:
    """One mistake: its line (from 1), the field in words, and what to do about it."""

    line: int
    field: str
    text: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.field}: {self.text}"


class BadEstate(Exception):
    """The file cannot be imported. Nothing was changed. `problems` are in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line)
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"The estate file cannot be imported, and nothing was changed:\n{lines}")


def words(place: Place) -> str:
    """`products[0].environments[1].frontend.bucket`."""
    told = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return told.lstrip(".") or "the file"
