"""What came of one try to send something."""

from dataclasses import dataclass

SECONDS = 10.0
"""How long one try may take."""


@dataclass(frozen=True, slots=True)
class Sent:
    """It was taken. `status` is that of the http answer if there was one, `but` says for whom it was not taken."""

    status: int | None = None
    but: str = ""


class NotSent(Exception):
    """The try failed; it is made again. The text tells a person why, `status` is that of the http answer if there was one."""

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status
