"""The right to work on a Run: 20 s, renewed every 5 s, and what tells a step that it is gone."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from django.db import DatabaseError, connection

from runs import shutdown

LEASE_SECONDS = 20.0
RENEW_SECONDS = 5.0
RECONNECT_SECONDS = 0.5

# A laptop that slept must find its lease expired; CLOCK_MONOTONIC stands still in that time.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def clock() -> float:
    """Seconds on a clock that never goes back and never stands still."""
    return time.clock_gettime(_CLOCK)


class LeaseLost(Exception):
    """Another worker may have the Run by now. Nothing more may be written for it here."""

    def __init__(self) -> None:
        super().__init__("This worker lost its lease on the Run. Another one goes on with the same step.")


class Stopping(LeaseLost):
    """This worker was asked to stop: the lease is given back, so that another one goes on at once."""


class Lease:
    """A lease that a thread renews while the `with` block runs.

    `renew` is a guarded UPDATE that answers whether the row is still ours; it runs in the thread, on the thread's
    own database connection. `taken_at` is `clock()` before the statement that took the lease, so that the
    deadline here is never later than the one in the database.
    """

    def __init__(self, renew: Callable[[], bool], taken_at: float) -> None:
        self._renew = renew
        self._deadline = taken_at + LEASE_SECONDS
        self._lost = self._ended = self._hurry = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._thread.join(LEASE_SECONDS)

    def seconds_left(self) -> float:
        """Seconds until the lease ends unless it is renewed; 0 when it is lost."""
        return 0.0 if self._lost else max(0.0, self._deadline - clock())

    def check(self) -> None:
        """Raise LeaseLost when the lease is lost, Stopping when this worker was asked to stop."""
        if not self.seconds_left():
            raise LeaseLost
        if shutdown.requested():
            raise Stopping

    def ensure(self, seconds: float) -> None:
        """Return once the lease is held for `seconds` more, waiting for its renewal; raises as `check` does."""
        if not 0 <= seconds < LEASE_SECONDS:
            raise ValueError(
                f"A lease is held for {LEASE_SECONDS:.0f} s at most; {seconds} s were asked for."
            )
        self.check()
        while self.seconds_left() < seconds:
            with self._changed:
                self._hurry = True
                self._changed.notify_all()
                self._changed.wait(0.1)
            self.check()

    def lose(self) -> None:
        """Note that the row was seen to be another worker's."""
        self._lost = True

    def _keep(self) -> None:
        pause = RENEW_SECONDS
        try:
            while self._rest(pause) and self.seconds_left():
                began = clock()
                try:
                    ours = self._renew()
                except DatabaseError:
                    connection.close()
                    pause = RECONNECT_SECONDS
                else:
                    self._renewed(began, ours)
                    pause = RENEW_SECONDS
        finally:
            connection.close()

    def _rest(self, seconds: float) -> bool:
        """Sleep until it is time to renew; False when the block has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._hurry, seconds)
            self._hurry = False
            return not self._ended

    def _renewed(self, began: float, ours: bool) -> None:
        with self._changed:
            if ours and self.seconds_left():
                self._deadline = began + LEASE_SECONDS
            else:
                self._lost = True
            self._changed.notify_all()
