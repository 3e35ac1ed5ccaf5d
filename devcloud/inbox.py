"""A receiver of webhooks: it keeps what comes, and answers as it was told to."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from devcloud.wire import Request

KEPT = 200
TAKEN = 204


@dataclass
class Inbox:
    """What came to one name, oldest first; `status` and `seconds` are what it answers and how late."""

    status: int = TAKEN
    seconds: float = 0.0
    messages: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=KEPT))

    def keep(self, request: Request, now: float) -> None:
        """Header names in small letters, the body as text, `at` in seconds since the epoch."""
        body = request.body.decode(errors="replace")
        self.messages.append({"at": now, "headers": dict(request.headers), "body": body})
