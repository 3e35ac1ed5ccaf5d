"""Several at once, on committed rows: two wakers, a slow receiver beside a quick one, a worker that lost its lease."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from audit.sealer import seal
from audit.services import record
from notifications.models import Delivery
from notifications.starting import start_due
from notifications.steps import deliver as step
from notifications.telling import tell
from runs import nudge
from runs.claim import claim
from runs.context import StepContext
from runs.lease import Lease, LeaseLost
from runs.models import Run, RunState
from tests.notifications.receivers import Answer, Receiver, receiving
from tests.notifications.rows import SECRET, rule, told, webhook
from tests.runs.rows import WORKER_ENV, aside, begin, carry_out, expire
from tests.workers import Clone, Workers
from timcombo_console.supervisor.process import wait_until

HOOK = "https://hooks.example.com/"


def test_two_wakers_at_once_insert_nothing_twice(cloned_database: Clone) -> None:
    rule(webhook(HOOK))
    tell()
    for _ in range(200):
        record(actor=None, action="release.checked")
    seal()
    counts = [at_once.result(30) for at_once in [aside(tell) for _ in range(4)]]
    assert sorted(counts) == [0, 0, 0, 200]
    assert Delivery.objects.count() == 200


@pytest.fixture
def slow() -> Iterator[Receiver]:
    with receiving(Receiver(always=Answer(slow=True))) as one:
        yield one


@pytest.mark.slow
def test_a_receiver_that_takes_ten_seconds_costs_a_round_and_no_other_channel(
    cloned_database: Clone, slow: Receiver, receiver: Receiver
) -> None:
    told(webhook(slow.url, "slow"), webhook(receiver.url, "quick"), times=20)
    start_due()
    by_title = {run.title: run for run in Run.objects.filter(kind="deliver")}
    at_slow = aside(partial(carry_out, by_title["Notify channel slow"]))
    run = carry_out(by_title["Notify channel quick"])
    assert run.state == RunState.SUCCEEDED
    assert not at_slow.done()
    assert Delivery.objects.filter(channel__name="quick", state="sent").count() == 20
    assert at_slow.result(60).state == RunState.SUCCEEDED
    tried = Delivery.objects.filter(channel__name="slow").exclude(attempts=0)
    assert {one.error for one in tried} == {"127.0.0.1 did not answer in 10 seconds."}
    # Two tries of ten seconds each fill the round; nobody waits 200 s for twenty of them.
    assert len(tried) == 2
    assert all(9_000 < (one.took_ms or 0) < 12_000 for one in tried)


def test_a_lost_lease_saves_nothing_and_another_worker_sends_it_again(
    cloned_database: Clone, receiver: Receiver
) -> None:
    told(webhook(receiver.url))
    start_due()
    run = Run.objects.get(kind="deliver")
    taken = claim(run.pk)
    assert taken is not None
    expire(run)
    with Lease(taken.renew, taken.taken_at) as lease, pytest.raises(LeaseLost):
        step(StepContext(taken.run, taken.row, lease))
    assert Delivery.objects.get().state == "pending"
    assert carry_out(run).state == RunState.SUCCEEDED
    assert Delivery.objects.get().state == "sent"
    assert len({got.headers["X-Console-Delivery"] for got in receiver.got}) == 1


@pytest.fixture
def _nudge_the_workers_broker(workers: Workers, settings: Any) -> Iterator[None]:
    """Clicks in this process go to the broker that the test's workers listen to."""
    settings.REDIS_URL = workers.broker.url
    nudge.forget()
    yield
    nudge.forget()


@pytest.mark.slow
@pytest.mark.usefixtures("_nudge_the_workers_broker")
def test_a_dead_receiver_keeps_no_deployment_waiting(workers: Workers, slow: Receiver) -> None:
    """Both queues with one real worker slot each: while one hangs in a receiver, the other starts at once."""
    secret = {"CONSOLE_WEBHOOK_SECRET_TEAM": SECRET, "CONSOLE_AWS": "emulated", **WORKER_ENV}
    for queue in ("runs", "watch"):
        workers.start(queue, env=secret)
    told(webhook(slow.url))
    start_due()
    assert wait_until(lambda: bool(slow.got), 20), workers.output()
    run = begin("short")
    assert wait_until(lambda: Run.objects.get(pk=run.pk).state == RunState.SUCCEEDED, 8), workers.output()
    assert Run.objects.get(kind="deliver").state == RunState.RUNNING
    assert Delivery.objects.get().state == "pending"
