"""Faults on demand: what should go wrong, how often, and for whom."""

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from devcloud.errors import AwsError
from devcloud.signature import expired_token

KINDS = frozenset({"error", "latency", "lost_reply", "expired"})
DEFAULT_CODES = {
    400: "Throttling",
    403: "AccessDenied",
    404: "NotFound",
    409: "ConditionalRequestConflict",
    412: "PreconditionFailed",
    429: "TooManyRequestsException",
    500: "InternalError",
    503: "SlowDown",
}


@dataclass
class Fault:
    """One thing that goes wrong.

    `service` and `operation` are AWS names or `*`; `resource` is a substring of the resource; `rate` is 0 to 1;
    `count` is how many more calls it hits (None: all); `skip` is how many matching calls pass first; `ms` is the
    latency in milliseconds.
    """

    id: int
    kind: str
    service: str = "*"
    operation: str = "*"
    account: str | None = None
    resource: str | None = None
    status: int = 503
    code: str | None = None
    message: str = "The emulated cloud was told to fail here."
    ms: float = 0.0
    rate: float = 1.0
    count: int | None = None
    skip: int = 0

    def matches(self, service: str, operation: str, account: str, resource: str) -> bool:
        return (
            self.service in ("*", service)
            and self.operation in ("*", operation)
            and self.account in (None, account)
            and (self.resource is None or self.resource in resource)
        )

    def error(self, service: str) -> AwsError:
        if self.kind == "expired":
            return expired_token(service)
        return AwsError(
            self.code or DEFAULT_CODES.get(self.status, "InternalError"), self.status, self.message
        )


@dataclass(frozen=True)
class Verdict:
    """What happens to one call: waits first, then perhaps an error, or a reply that gets lost."""

    seconds: float = 0.0
    error: AwsError | None = None
    lost: bool = False


class Faults:
    """All faults, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._faults: dict[int, Fault] = {}
        self._next = 1
        self._random = random.Random()  # noqa: S311 - chance, not secrecy

    def add(self, wish: Mapping[str, Any]) -> Fault:
        """Raises ValueError when the wish has an unknown kind or field."""
        if wish.get("kind") not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(sorted(KINDS))}")
        try:
            fault = Fault(id=self._next, **{name: value for name, value in wish.items() if value is not None})
        except TypeError as error:
            raise ValueError(f"unknown field in the fault: {error}") from error
        self._next += 1
        self._faults[fault.id] = fault
        return fault

    def remove(self, fault_id: int | None = None) -> int:
        """Remove one fault, or all; returns how many were removed."""
        gone = [fault_id] if fault_id in self._faults else list(self._faults) if fault_id is None else []
        for each in gone:
            del self._faults[each]
        return len(gone)

    def listing(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self._faults.values()]

    def judge(self, service: str, operation: str, account: str, resource: str) -> Verdict:
        """Decide about one call. Latencies add up; the first other fault that strikes decides the rest."""
        if not self._faults:
            return Verdict()
        seconds = 0.0
        for fault in list(self._faults.values()):
            if not (fault.matches(service, operation, account, resource) and self._strikes(fault)):
                continue
            if fault.kind == "latency":
                seconds += fault.ms / 1000
            elif fault.kind == "lost_reply":
                return Verdict(seconds, lost=True)
            else:
                return Verdict(seconds, error=fault.error(service))
        return Verdict(seconds)

    def _strikes(self, fault: Fault) -> bool:
        if fault.skip > 0:
            fault.skip -= 1
            return False
        if fault.rate < 1 and self._random.random() >= fault.rate:
            return False
        if fault.count is not None:
            fault.count -= 1
            if fault.count <= 0:
                del self._faults[fault.id]
        return True
