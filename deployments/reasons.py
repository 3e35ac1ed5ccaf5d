"""Why a build was refused, in words for the person who made it."""

from dataclasses import dataclass

MOST_REASONS = 50


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause; `path` is the file of the build that it is about, None when it is about the whole."""

    path: str | None
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path is not None else self.text


class BadArchive(Exception):
    """The archive is refused. `reasons` says why, at most 50 of them and then how many more."""

    def __init__(self, reasons: list[Reason]) -> None:
        more = len(reasons) - MOST_REASONS
        self.reasons = reasons[:MOST_REASONS]
        if more > 0:
            self.reasons.append(Reason(None, f"And {more} more."))
        super().__init__("; ".join(map(str, self.reasons)))
