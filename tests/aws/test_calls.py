"""The loop that repeats calls."""

from collections.abc import Callable

import pytest

from aws import errors
from aws.calls import Answer, Loop, Patience
from aws.errors import AwsError, Subject, error_from
from aws.lease import LeaseLost
from tests.aws.conftest import FakeLease, Ledger

ON = Subject("cloudfront", "CreateInvalidation", "855652006097", "E1EXAMPLE")


def failing(*codes: tuple[int, str]) -> Callable[[], tuple[str, Answer]]:
    """A call that is answered by these errors in turn, and then succeeds."""
    left = list(codes)

    def once() -> tuple[str, Answer]:
        if left:
            status, code = left.pop(0)
            raise error_from(ON, status=status, code=code, message="", request_id="ID")
        return "done", Answer("ID", 200)

    return once


def loop(lease: FakeLease, ledger: Ledger, renewals: list[int], seconds: float = 60) -> Loop:
    return Loop(lease, ledger, lambda: renewals.append(1), patience_seconds=seconds)


def test_what_may_pass_is_repeated_and_each_attempt_is_noted(ledger: Ledger) -> None:
    lease, renewals = FakeLease(), list[int]()
    once = failing((503, "SlowDown"), (500, "InternalError"))
    assert loop(lease, ledger, renewals).run(ON, once, writes=True) == "done"
    assert [(call.attempt, call.status, call.code, call.throttled) for call in ledger.calls] == [
        (1, 503, "SlowDown", True),
        (2, 500, "InternalError", False),
        (3, 200, "", False),
    ]
    assert {(call.service, call.account_id, call.resource, call.writes) for call in ledger.calls} == {
        ("cloudfront", "855652006097", "E1EXAMPLE", True)
    }
    assert lease.asked == [13, 13, 13]
    assert not renewals


@pytest.mark.parametrize(
    ("status", "code"), [(403, "AccessDenied"), (412, "PreconditionFailed"), (404, "NoSuchKey")]
)
def test_a_final_answer_is_not_repeated(ledger: Ledger, status: int, code: str) -> None:
    with pytest.raises(AwsError, match=code):
        loop(FakeLease(), ledger, []).run(ON, failing((status, code)), writes=True)
    assert len(ledger.calls) == 1


def test_expired_credentials_are_renewed_once(ledger: Ledger) -> None:
    renewals: list[int] = []
    assert loop(FakeLease(), ledger, renewals).run(ON, failing((400, "ExpiredToken")), writes=False) == "done"
    assert len(renewals) == 1
    twice = failing((400, "ExpiredToken"), (400, "ExpiredToken"))
    with pytest.raises(errors.ExpiredCredentials):
        loop(FakeLease(), ledger, renewals).run(ON, twice, writes=False)
    assert len(renewals) == 2


def test_no_attempt_is_made_without_the_lease(ledger: Ledger) -> None:
    lease = FakeLease(questions=1)
    with pytest.raises(LeaseLost):
        loop(lease, ledger, []).run(ON, failing((503, "SlowDown")), writes=True)
    assert len(ledger.calls) == 1


def test_the_budget_ends_the_repeating(ledger: Ledger) -> None:
    with pytest.raises(errors.Throttled):
        loop(FakeLease(), ledger, [], seconds=0.3).run(ON, failing(*[(503, "SlowDown")] * 500), writes=True)
    assert 1 < len(ledger.calls) < 100


def test_pauses_grow_to_a_limit_and_are_spread() -> None:
    patience = Patience(seconds=1e6)
    early, late = ([patience.pause(attempt) or 0 for _ in range(200)] for attempt in (1, 30))
    assert max(early) <= 0.2
    assert max(late) <= 2
    assert max(late) - min(late) > 1
