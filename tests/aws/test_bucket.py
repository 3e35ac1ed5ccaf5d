"""The token bucket that paces Lambda calls, against a real Valkey."""

import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from queue import Queue
from typing import Any

import pytest

from aws.bucket import TokenBucket, Unreachable
from aws.errors import Subject
from tests.aws.pacing import ACCOUNT, UPDATE, bucket_at, call_until, in_threads, user
from tests.workers import Broker

SPAWNED = multiprocessing.get_context("spawn")
GET = Subject("lambda", "GetFunction", ACCOUNT, "tim-sb-orders")


@pytest.fixture
def bucket(broker: Broker) -> TokenBucket:
    return bucket_at(broker.url)


Crowd = Callable[..., list[tuple[str, float]]]


@pytest.fixture
def crowd(broker: Broker) -> Iterator[Crowd]:
    """`crowd(a=8, b=8, seconds=2)` runs processes with so many threads; what they did in that time, by name."""
    started: list[Any] = []

    def run(
        seconds: float, disturb: Callable[[], None] = lambda: None, **threads: int
    ) -> list[tuple[str, float]]:
        turns = SPAWNED.Queue()
        begin = time.time() + 1.5  # Until all of them are there.
        for name, number in threads.items():
            process = SPAWNED.Process(target=user, args=(broker.url, name, number, begin + seconds, turns))
            process.start()
            started.append(process)
        time.sleep(max(0, begin + seconds / 2 - time.time()))
        disturb()
        for process in started:
            wait_for(process)
        found = []
        while not turns.empty():
            found.append(turns.get())
        return [(name, at) for name, at in found if begin <= at < begin + seconds]

    yield run
    for process in started:
        process.kill()


def wait_for(process: Any) -> None:
    process.join(20)
    assert process.exitcode == 0


def busiest_second(times: list[float]) -> int:
    return max(sum(start <= at < start + 1 for at in times) for start in times)


@pytest.mark.slow
@pytest.mark.alone
def test_the_rate_is_held_by_all_processes_together_and_shared_equally(crowd: Crowd) -> None:
    turns = crowd(seconds=4, ada=8, grace=8)
    assert 56 <= len(turns) <= 61
    assert busiest_second([at for _, at in turns]) <= 17
    shares = Counter(name for name, _ in turns)
    assert abs(shares["ada"] - shares["grace"]) <= 0.2 * 30


@pytest.mark.slow
@pytest.mark.alone
def test_a_redis_that_was_emptied_holds_the_rate_all_the_same(crowd: Crowd, broker: Broker) -> None:
    """Slots that were given before are void: kept, they would be used besides the new ones."""
    turns = crowd(seconds=4, disturb=broker.empty, ada=24, grace=24)
    # How few there are depends on the machine, too; how many may not.
    assert 45 <= len(turns) <= 61
    assert busiest_second([at for _, at in turns]) <= 17


def seconds_of(work: Callable[[], None]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


@pytest.mark.alone
def test_an_unknown_bucket_is_empty_and_an_idle_one_holds_one_call(bucket: TokenBucket) -> None:
    assert 0.05 < seconds_of(lambda: bucket.wait(UPDATE)) < 0.15
    time.sleep(0.3)
    assert seconds_of(lambda: bucket.wait(UPDATE)) < 0.05
    assert 0.05 < seconds_of(lambda: bucket.wait(UPDATE)) < 0.15


def test_reads_have_a_rate_of_their_own_and_regions_too(broker: Broker) -> None:
    slow = bucket_at(broker.url, control_rate=0.01, read_rate=1000)
    assert seconds_of(lambda: slow.wait(GET)) < 5
    assert seconds_of(lambda: slow.wait(Subject("s3", "PutObject", ACCOUNT, "key"))) < 5
    in_threads(1, lambda: bucket_at(broker.url, "us-west-2").wait(UPDATE))[0].join(5)


def test_a_throttle_slows_once_a_second_and_it_recovers(bucket: TokenBucket) -> None:
    assert bucket.rate() == pytest.approx(15)
    for thread in in_threads(8, lambda: bucket.throttled(UPDATE)):
        thread.join()
    slowed = bucket.rate()
    assert 10.5 <= slowed < 12.4
    time.sleep(1.1)
    assert bucket.rate() > slowed
    bucket.throttled(UPDATE)
    assert bucket.rate() < slowed
    bucket.throttled(Subject("s3", "PutObject", ACCOUNT, "key"))


def test_it_is_never_slower_than_one_a_second_nor_quicker_than_it_should_be(broker: Broker) -> None:
    bucket = bucket_at(broker.url, control_rate=1.2)
    bucket.throttled(UPDATE)
    assert 1.0 <= bucket.rate() <= 1.2
    time.sleep(0.5)
    assert bucket.rate() == pytest.approx(1.2)


@pytest.mark.alone
def test_a_throttle_slows_those_who_wait_already(bucket: TokenBucket) -> None:
    turns: Queue[float] = Queue()
    end = time.time() + 3
    threads = in_threads(30, lambda: call_until(bucket, end, turns.put))
    time.sleep(1)
    throttled = time.time()
    bucket.throttled(UPDATE)
    for thread in threads:
        thread.join()
    assert 9 <= sum(throttled < at < throttled + 1 for at in turns.queue) <= 12


@pytest.mark.alone
def test_slots_that_were_missed_are_not_caught_up(bucket: TokenBucket, broker: Broker) -> None:
    """A process that was stopped for a while must not make all its calls at once."""
    turns = SPAWNED.Queue()
    process = SPAWNED.Process(target=user, args=(broker.url, "stopped", 30, time.time() + 5.5, turns))
    process.start()
    turns.get(timeout=20)
    assert process.pid
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(1.5)
    woken = time.time()
    os.kill(process.pid, signal.SIGCONT)
    wait_for(process)
    times = []
    while not turns.empty():
        times.append(turns.get()[1])
    assert 12 <= sum(woken <= at < woken + 1 for at in times) <= 20


def test_a_clock_that_is_set_back_holds_nobody(bucket: TokenBucket, broker: Broker) -> None:
    bucket.wait(UPDATE)
    with broker.valkey.client() as client:
        (key,) = client.keys("pace:*")
        client.hset(key, mapping={"epoch": time.time() + 3600, "last": time.time() + 3600})
    assert seconds_of(lambda: bucket.wait(UPDATE)) < 5


def test_an_idle_bucket_is_forgotten(bucket: TokenBucket, broker: Broker) -> None:
    bucket.wait(UPDATE)
    with broker.valkey.client() as client:
        (key,) = client.keys("pace:*")
        assert 590 < client.ttl(key) <= 600


def test_a_restart_of_redis_is_outlasted(bucket: TokenBucket, broker: Broker) -> None:
    bucket.wait(UPDATE)
    broker.server.restart()
    bucket.wait(UPDATE)


@pytest.mark.parametrize("how", ["stopped", "hanging"])
def test_without_redis_no_call_is_made_at_a_guess(bucket: TokenBucket, broker: Broker, how: str) -> None:
    bucket.wait(UPDATE)
    broker.server.stop() if how == "stopped" else broker.server.process.send(signal.SIGSTOP)
    try:
        for ask in (
            lambda: bucket.wait(UPDATE),
            lambda: bucket.throttled(UPDATE),
            bucket.rate,
        ):
            began = time.monotonic()
            with pytest.raises(Unreachable, match="No call was made") as caught:
                ask()
            assert time.monotonic() - began < 4
            assert ACCOUNT in str(caught.value)
    finally:
        if how == "hanging":
            broker.server.process.send(signal.SIGCONT)
