"""Every call on record: a bounded ring, read by sequence number."""

from collections import deque
from itertools import islice
from typing import Any, NamedTuple

RING = 200_000


class Call(NamedTuple):
    """One answered, failed or lost call. `at` is seconds since the epoch by the cloud's clock.

    `needs` are the actions of IAM that it needs, each with the resource after a blank.
    """

    seq: int
    at: float
    account: str
    principal: str
    service: str
    operation: str
    resource: str
    region: str
    request_id: str
    status: int
    code: str | None
    lost: bool
    needs: list[str]


class Calls:
    """The last 200,000 calls. Sequence numbers go on over a reset, so `since` never goes back."""

    def __init__(self, first: int = 1) -> None:
        self.next = first
        self._ring: deque[Call] = deque(maxlen=RING)

    def add(self, at: float, *parts: Any) -> None:
        self._ring.append(Call(self.next, at, *parts))
        self.next += 1

    def since(self, seq: int, limit: int = RING) -> list[Call]:
        """Calls with that sequence number and later, oldest first."""
        oldest = self.next - len(self._ring)
        start = max(0, seq - oldest)
        return list(islice(self._ring, start, start + limit))
