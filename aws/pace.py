"""How quickly a caller may call, where AWS allows an account only so many calls a second."""

from typing import Protocol

from aws.errors import Subject


class Pace(Protocol):
    """The pace that all workers keep together. Shared by threads."""

    def wait(self, subject: Subject) -> None:
        """Return when the call may be made. Whatever it raises reaches the caller unchanged."""

    def throttled(self, subject: Subject) -> None:
        """Learn that AWS answered the call with a throttle."""


class Unpaced:
    """For services whose limits nobody comes near."""

    def wait(self, subject: Subject) -> None:
        """At once."""

    def throttled(self, subject: Subject) -> None:
        """Nothing to learn: the loop's growing pauses do."""


UNPACED = Unpaced()
