"""Why a build was refused, in words for the person who made it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause; `path` is the file of the build that it is about, None when it is about the whole."""

    path: str | None
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path is not None else self.text
