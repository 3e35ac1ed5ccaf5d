"""A worker that sleeps past its lease while others go on: when it wakes it can put nothing back."""

import signal

import pytest

from tests.crew import Crew, child_of, send
from tests.shipping import World, index_writes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_worker_paused_past_its_lease_does_not_undo_a_newer_deployment(world: World, crew: Crew) -> None:
    world.stock("1.0.0", "1.1.0", "1.2.0")
    world.live("1.0.0")
    crew.begin(runners=2)
    with world.prober() as visitor:
        crew.trap("before switch", signal.SIGSTOP)
        answer = world.promote("1.1.0")
        crew.wait_for_trap("before switch")
        paused = crew.worker_of(answer)
        crew.end_of(answer)
        crew.end_of(world.promote("1.2.0"))
        before, since = world.objects(), world.cloud.next_call()
        send(child_of(paused), signal.SIGCONT)
        crew.until(lambda: "lease lost" in paused.output(), "the worker that woke up")
    assert visitor.verdict.problems == []
    assert visitor.verdict.versions == ["1.0.0", "1.1.0", "1.2.0"]
    assert world.objects() == before
    assert world.cloud.calls(since, "s3", "CopyObject") == []
    assert world.environment()["live"] == "1.2.0"


def test_a_write_that_arrives_after_a_rollback_brought_the_old_etag_again_is_refused(
    world: World, crew: Crew
) -> None:
    world.stock("1.0.0", "1.1.0")
    world.live("1.0.0")
    old = world.objects()["index.html"]
    crew.begin(runners=2)
    since = world.cloud.next_call()
    late = world.cloud.faults("s3", "CopyObject", "latency", resource="/index.html", ms=45_000, count=1)
    with world.prober() as visitor:
        answer = world.promote("1.1.0")
        crew.until(lambda: not world.cloud.waits(late), "the entry point on its way")
        paused = crew.worker_of(answer)
        send(child_of(paused), signal.SIGSTOP)
        crew.end_of(answer)
        crew.end_of(world.roll_back())
        assert world.objects()["index.html"] == old, "the late write's If-Match holds again"
        assert index_writes(world, since) == ["done", "done"], "it has not arrived yet"
        send(child_of(paused), signal.SIGCONT)
        crew.until(lambda: "lease lost" in paused.output(), "the worker that woke up")
        crew.until(lambda: len(index_writes(world, since)) == 3, "the late write", 120)
    assert visitor.verdict.problems == []
    assert visitor.verdict.versions == ["1.0.0", "1.1.0", "1.0.0"]
    assert index_writes(world, since)[2] == "AccessDenied"
    assert world.objects()["index.html"] == old
