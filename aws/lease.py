"""What a caller brings to every AWS call: the right to go on, and a place to note what was called.

The runner holds a lease on a Run and takes it away from a worker that went silent. No attempt of a
call may start without asking it first.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class LeaseLost(Exception):
    """The work now belongs to another worker. Nothing more may be written."""


class Lease(Protocol):
    """A right to work, limited in time and renewed by somebody else."""

    def ensure(self, seconds: float) -> None:
        """Return once the lease is held for at least `seconds` more; raise when it is lost.

        Whatever it raises ends the work at once and reaches the caller unchanged.
        """

    def seconds_left(self) -> float:
        """Seconds until the lease ends unless it is renewed."""


class Unleased:
    """For work that nobody else can take over: a command at a terminal, a benchmark, a test."""

    def ensure(self, seconds: float) -> None:
        """Always held."""

    def seconds_left(self) -> float:
        """It never ends."""
        return math.inf


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt of one AWS call, as it goes on record.

    `status` is the HTTP status and 0 when no answer arrived; `code` is AWS's error code, empty on success.
    """

    service: str
    operation: str
    account_id: str
    resource: str
    request_id: str
    status: int
    code: str
    attempt: int
    throttled: bool
    writes: bool


Record = Callable[[Call], None]


def unrecorded(call: Call) -> None:
    """A record that keeps nothing."""
