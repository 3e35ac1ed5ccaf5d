"""The one loop that repeats AWS calls.

Clients make one attempt; this loop asks the pace and the lease before each, notes each, and repeats what may pass:
throttles, AWS's internal errors, lost connections and lost answers. A lost answer may hide a write that happened, so every
call that goes through here must be one that can be made twice.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import TypeVar

from aws.boto import ATTEMPT_SECONDS
from aws.errors import AwsError, ExpiredCredentials, Subject
from aws.lease import Call, Lease, Record
from aws.pace import UNPACED, Pace

PATIENCE_SECONDS = 60.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0

T = TypeVar("T")


@dataclass(slots=True)
class Patience:
    """How long to go on with one call: back-off with full jitter, within a budget of seconds."""

    seconds: float = PATIENCE_SECONDS
    started: float = field(default_factory=time.monotonic)

    def pause(self, attempt: int) -> float | None:
        """Seconds to wait after the failed `attempt` (from 1), None when the budget is spent."""
        pause = random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt))  # noqa: S311 - jitter
        spent = time.monotonic() - self.started
        return pause if spent + pause < self.seconds else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and the id and status under which it goes on record."""

    request_id: str
    status: int


def noted(subject: Subject, attempt: int, writes: bool, outcome: Answer | AwsError) -> Call:
    """The record of one attempt."""
    failed = outcome if isinstance(outcome, AwsError) else None
    return Call(
        service=subject.service,
        operation=subject.operation,
        account_id=subject.account_id,
        resource=subject.resource,
        request_id=outcome.request_id,
        status=outcome.status,
        code=(failed.code or type(failed).__name__) if failed else "",
        attempt=attempt,
        throttled=bool(failed and failed.throttled),
        writes=writes,
    )


@dataclass(frozen=True, slots=True)
class Loop:
    """The loop, with what it asks and tells: the lease, the record, how to get new credentials, and the pace."""

    lease: Lease
    record: Record
    renew: Callable[[], None]
    patience_seconds: float = PATIENCE_SECONDS
    pace: Pace = UNPACED

    def run(self, subject: Subject, once: Callable[[], tuple[T, Answer]], *, writes: bool) -> T:
        """Call `once` until it answers. Raises its last AwsError, or what the lease or the pace raises."""
        patience, renewed = Patience(self.patience_seconds), False
        for attempt in count(1):
            self._hold(subject, patience)
            try:
                result, answer = once()
            except AwsError as error:
                self.record(noted(subject, attempt, writes, error))
                if error.throttled:
                    self.pace.throttled(subject)
                if isinstance(error, ExpiredCredentials) and not renewed:
                    renewed = True
                    self.renew()
                    continue
                pause = patience.pause(attempt) if error.may_pass else None
                if pause is None:
                    raise
                time.sleep(pause)
            else:
                self.record(noted(subject, attempt, writes, answer))
                return result
        raise AssertionError("the loop ends by return or raise")

    def _hold(self, subject: Subject, patience: Patience) -> None:
        """Wait for the call's turn, which costs no patience, and then ask the lease: the turn may be long in coming."""
        began = time.monotonic()
        self.pace.wait(subject)
        patience.started += time.monotonic() - began
        self.lease.ensure(ATTEMPT_SECONDS)
