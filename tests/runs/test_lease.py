"""The lease and its renewal, against a row that is a plain object: the tests of the rows are in test_claims."""

import threading
from collections.abc import Iterator

import pytest
from django.db import OperationalError

from runs import shutdown
from runs.lease import LEASE_SECONDS, Lease, LeaseLost, Stopping, clock


class Row:
    """Stands for the Run's row: `answers` are what the guarded UPDATE does, the last one for ever."""

    def __init__(self, *answers: bool | Exception) -> None:
        self.answers = list(answers)
        self.asked = threading.Semaphore(0)
        self.renewals = 0

    def renew(self) -> bool:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.renewals += 1
        self.asked.release()
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def _forget_shutdown() -> Iterator[None]:
    yield
    shutdown.forget()


def test_a_fresh_lease_lasts_and_ends_its_thread() -> None:
    row = Row(True)
    with Lease(row.renew, clock()) as lease:
        lease.check()
        lease.ensure(13)
        assert LEASE_SECONDS - 1 < lease.seconds_left() <= LEASE_SECONDS
    assert row.renewals == 0
    assert "lease" not in {thread.name for thread in threading.enumerate()}


def test_ensure_waits_for_a_renewal() -> None:
    row = Row(True)
    with Lease(row.renew, clock() - 10) as lease:
        assert lease.seconds_left() <= 10
        lease.ensure(13)
        assert lease.seconds_left() > 19
    assert row.renewals == 1


def test_ensure_raises_when_the_row_is_another_workers() -> None:
    row = Row(False)
    with Lease(row.renew, clock() - 10) as lease:
        lease.ensure(5)
        with pytest.raises(LeaseLost):
            lease.ensure(13)
        assert lease.seconds_left() == 0
        with pytest.raises(LeaseLost):
            lease.ensure(0)


def test_a_lease_past_its_deadline_is_lost_whatever_the_row_says() -> None:
    row = Row(True)
    with Lease(row.renew, clock() - LEASE_SECONDS - 1) as lease:
        with pytest.raises(LeaseLost):
            lease.check()
        with pytest.raises(LeaseLost):
            lease.ensure(1)
    assert row.renewals == 0


def test_a_renewal_that_comes_back_too_late_does_not_revive_the_lease() -> None:
    held = threading.Event()

    def slow() -> bool:
        held.wait(5)
        return True

    with Lease(slow, clock() - LEASE_SECONDS + 0.3) as lease:
        with pytest.raises(LeaseLost):
            lease.ensure(13)
        held.set()
    assert lease.seconds_left() == 0


@pytest.mark.django_db
def test_a_database_that_comes_back_keeps_the_lease() -> None:
    row = Row(OperationalError("gone"), OperationalError("gone"), True)
    with Lease(row.renew, clock() - 10) as lease:
        lease.ensure(13)
    assert row.renewals == 3


def test_a_lease_can_never_be_held_for_longer_than_it_lasts() -> None:
    with Lease(Row(True).renew, clock()) as lease, pytest.raises(ValueError, match="20 s at most"):
        lease.ensure(20)


def test_a_worker_that_is_asked_to_stop_learns_it_from_its_lease() -> None:
    with Lease(Row(True).renew, clock()) as lease:
        shutdown.request()
        with pytest.raises(Stopping):
            lease.ensure(1)
        assert lease.seconds_left() > 19
        shutdown.forget()
        lease.ensure(1)


@pytest.mark.alone
def test_it_is_renewed_every_five_seconds_unasked() -> None:
    row = Row(True)
    began = clock()
    with Lease(row.renew, began) as lease:
        assert row.asked.acquire(timeout=8)
        assert 4.5 < clock() - began < 7
        assert lease.seconds_left() > 18
