"""What a step tells while it runs, gathered in memory until it is saved in a batch."""

import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Protocol

from runs.counters import Key, key

FIRST_IDS, LAST_IDS = 20, 80
LONGEST_TEXT = 10_000
TOLD_ONE_BY_ONE = 10
IDS_PER_LINE = 50


def storable(text: str) -> str:
    """The text as PostgreSQL can keep it: no NUL, no half of a surrogate pair, 10,000 characters at most."""
    return text[:LONGEST_TEXT].replace("\0", "�").encode(errors="replace").decode()


class AwsCall(Protocol):
    """One attempt of one AWS call. `status` is 0 when no answer arrived; `code` is AWS's error code."""

    @property
    def service(self) -> str: ...
    @property
    def operation(self) -> str: ...
    @property
    def account_id(self) -> str: ...
    @property
    def resource(self) -> str: ...
    @property
    def request_id(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def attempt(self) -> int: ...
    @property
    def throttled(self) -> bool: ...
    @property
    def writes(self) -> bool: ...


@dataclass(frozen=True)
class Line:
    level: str
    text: str
    request_id: str = ""


@dataclass
class Batch:
    """What is not saved yet: log lines, and amounts for the counters."""

    lines: list[Line] = field(default_factory=list)
    amounts: Counter[Key] = field(default_factory=Counter)


class RequestIds:
    """The ids of a step's writes: the first 20 and the last 80 of any number."""

    def __init__(self, known: list[str]) -> None:
        self._first = known[:FIRST_IDS]
        self._last = deque(known[FIRST_IDS:], LAST_IDS)

    def add(self, request_id: str) -> None:
        if len(self._first) < FIRST_IDS:
            self._first.append(request_id)
        else:
            self._last.append(request_id)

    def kept(self) -> list[str]:
        return [*self._first, *self._last]


class Journal:
    """Lines and AWS calls of a step under way. Any thread may add; nothing here touches the database."""

    def __init__(self, request_ids: list[str], calls: int = 0, writes: int = 0, throttles: int = 0) -> None:
        self.calls, self.writes, self.throttles = calls, writes, throttles
        self._ids = RequestIds(request_ids)
        self._lock = threading.Lock()
        self._lines: list[Line] = []
        self._told: list[AwsCall] = []
        self._amounts: Counter[Key] = Counter()

    def line(self, level: str, text: str, request_id: str = "") -> None:
        """Add a line after what happened before it."""
        with self._lock:
            self._tell_calls()
            self._lines.append(Line(level, storable(text), request_id[:100]))

    def call(self, call: AwsCall) -> None:
        """Note one AWS call: all are counted, writes and failures are told."""
        with self._lock:
            self.calls += 1
            self.throttles += call.throttled
            self._amounts[key("aws_calls", service=call.service, operation=call.operation)] += 1
            if call.throttled:
                self._amounts[key("aws_throttles", service=call.service, operation=call.operation)] += 1
            if call.writes and call.request_id:
                self.writes += 1
                self._ids.add(call.request_id)
            if call.writes or call.code:
                self._told.append(call)

    def request_ids(self) -> list[str]:
        """The ids to keep on the step."""
        with self._lock:
            return self._ids.kept()

    def take(self) -> Batch:
        """Everything gathered since the last time."""
        with self._lock:
            self._tell_calls()
            batch = Batch(self._lines, self._amounts)
            self._lines, self._amounts = [], Counter()
            return batch

    def put_back(self, batch: Batch) -> None:
        """Keep what could not be saved for the next time."""
        with self._lock:
            self._lines = batch.lines + self._lines
            self._amounts += batch.amounts

    def _tell_calls(self) -> None:
        """Few calls are told one by one with their resource, many in lines of up to 50 request ids."""
        groups: dict[tuple[str, str, str, str], list[AwsCall]] = {}
        for call in self._told:
            groups.setdefault((call.service, call.operation, call.account_id, call.code), []).append(call)
        self._told = []
        for calls in groups.values():
            if len(calls) <= TOLD_ONE_BY_ONE:
                self._lines += [_one(call) for call in calls]
            else:
                pages = range(0, len(calls), IDS_PER_LINE)
                self._lines += [_many(calls[start : start + IDS_PER_LINE]) for start in pages]


def _one(call: AwsCall) -> Line:
    return Line(
        "call", f"{call.service} {call.operation} {call.resource}{_result(call)}", call.request_id[:100]
    )


def _many(calls: list[AwsCall]) -> Line:
    call, ids = calls[0], " ".join(call.request_id for call in calls if call.request_id)
    return Line(
        "call", f"{call.service} {call.operation}, {len(calls)} calls{_result(call)}. Request ids: {ids}"
    )


def _result(call: AwsCall) -> str:
    if not call.code:
        return ""
    return f": {call.code}" + (f" (HTTP {call.status})" if call.status else ", no answer")
