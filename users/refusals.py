"""What a service raises when it will not do what was asked. Pages show `text`; the API answers a problem with `code`."""

from typing import Any


class Refused(Exception):
    """A request that was understood and not carried out: nothing was changed. `text` is for a person."""

    code = "invalid"
    status = 422

    def __init__(self, text: str, **details: Any) -> None:
        super().__init__(text)
        self.text = text
        self.details = details


class Invalid(Refused):
    """The input does not hold together. `details["errors"]` may map field names to texts."""


class Unreadable(Refused):
    """The request holds what no request may hold, wherever it goes."""

    status = 400


class Forbidden(Refused):
    code = "forbidden"
    status = 403


class Missing(Refused):
    code = "not_found"
    status = 404


class TooLarge(Refused):
    code = "too_large"
    status = 413


class WrongState(Refused):
    code = "wrong_state"
    status = 409
