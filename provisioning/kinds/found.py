"""What reading a resource gives."""

from dataclasses import dataclass

from provisioning.shapes import Shape


class Refused(Exception):
    """AWS or the console's own rules do not let this be done; the text says what a person can do."""


@dataclass(frozen=True)
class Found:
    """A resource as it is now. `aws_id` is AWS's id where it has one, `etag` the version that a change must name."""

    shape: Shape
    aws_id: str = ""
    etag: str = ""
