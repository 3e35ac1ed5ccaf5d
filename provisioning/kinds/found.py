"""What reading a resource gives."""

from dataclasses import dataclass

from provisioning.shapes import Shape


class Refused(Exception):
    """AWS or the console's own rules do not let this be done; the text says what a person can do."""


class NotReady(Exception):
    """AWS is at work on the resource; the change goes on in `seconds`."""

    def __init__(self, seconds: float, why: str) -> None:
        super().__init__(why)
        self.seconds = seconds


@dataclass(frozen=True)
class Found:
    """A resource as it is now.

    `aws_id` is AWS's id where it has one, `domain` where it answers; `waits_for` says what AWS still does with it.
    """

    shape: Shape
    aws_id: str = ""
    domain: str = ""
    waits_for: str = ""
