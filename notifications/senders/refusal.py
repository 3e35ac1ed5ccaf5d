"""Why something was not sent."""

SECONDS = 10.0
"""How long one try may take."""


class NotSent(Exception):
    """The try failed; it is made again. The text tells a person why, `status` is that of the http answer if there was one."""

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status
