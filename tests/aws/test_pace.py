"""The pace as the loop that repeats calls asks it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from aws import errors
from aws.calls import Answer, Loop
from aws.errors import Subject, error_from
from aws.lease import LeaseLost
from aws.pace import UNPACED
from tests.aws.conftest import FakeLease, Ledger, Open

ON = Subject("lambda", "UpdateFunctionCode", "455510265254", "tim-sb-orders")


@dataclass
class Diary:
    """A pace, lease and call that note in which order they were asked."""

    pause: float = 0.0
    lines: list[str] = field(default_factory=list)

    def wait(self, subject: Subject) -> None:
        self.lines.append(f"wait {subject.operation}")
        time.sleep(self.pause)

    def throttled(self, subject: Subject) -> None:
        self.lines.append(f"throttled {subject.operation}")

    def ensure(self, seconds: float) -> None:
        self.lines.append("lease")

    def seconds_left(self) -> float:
        return 20.0

    def answers(self, *codes: tuple[int, str]) -> Callable[[], tuple[str, Answer]]:
        left = list(codes)

        def once() -> tuple[str, Answer]:
            self.lines.append("call")
            if left:
                status, code = left.pop(0)
                raise error_from(ON, status=status, code=code, message="", request_id="ID")
            return "done", Answer("ID", 200)

        return once


def test_each_attempt_waits_its_turn_and_then_asks_the_lease(ledger: Ledger) -> None:
    diary = Diary()
    once = diary.answers((429, "TooManyRequestsException"), (500, "ServiceException"))
    assert Loop(diary, ledger, lambda: None, pace=diary).run(ON, once, writes=True) == "done"
    attempt = ["wait UpdateFunctionCode", "lease", "call"]
    assert diary.lines == [*attempt, "throttled UpdateFunctionCode", *attempt, *attempt]


def test_waiting_for_a_turn_costs_no_patience(ledger: Ledger) -> None:
    diary = Diary(pause=0.4)
    once = diary.answers((429, "TooManyRequestsException"), (429, "TooManyRequestsException"))
    loop = Loop(diary, ledger, lambda: None, patience_seconds=1.0, pace=diary)
    assert loop.run(ON, once, writes=True) == "done"
    with pytest.raises(errors.Throttled):
        loop.run(ON, diary.answers(*[(429, "TooManyRequestsException")] * 99), writes=True)


def test_a_lease_that_was_lost_while_waiting_stops_the_call(ledger: Ledger) -> None:
    diary = Diary()
    loop = Loop(FakeLease(questions=0), ledger, lambda: None, pace=diary)
    with pytest.raises(LeaseLost):
        loop.run(ON, diary.answers(), writes=True)
    assert diary.lines == ["wait UpdateFunctionCode"]


def test_every_call_of_an_account_asks_its_pace(open_account: Open) -> None:
    diary = Diary()
    open_account(pace=diary)
    assert diary.lines == ["wait GetCallerIdentity"]


def test_without_a_pace_nothing_waits() -> None:
    UNPACED.wait(ON)
    UNPACED.throttled(ON)
