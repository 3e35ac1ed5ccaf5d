"""The runner with real workers that are killed, paused and cut off from their database and broker."""

import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from runs import nudge as nudging
from runs import selectors, services
from runs.models import Counter, Run, RunScope, RunState, StepLine, StepState
from tests.databases import Server
from tests.runs.recipes import open_gate, ran
from tests.runs.rows import WORKER_ENV, begin, expire, step
from tests.workers import Workers
from timcombo_console.supervisor.process import Process, wait_until

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(autouse=True)
def _nudge_the_workers_broker(workers: Workers, settings: Any) -> Iterator[None]:
    """Clicks in this process go to the broker that the test's workers listen to."""
    settings.REDIS_URL = workers.broker.url
    nudging.forget()
    yield
    nudging.forget()


def survives(look: Callable[[], bool]) -> bool:
    """The answer of `look`, False while the database is away."""
    try:
        return look()
    except OperationalError:
        connection.close()
        return False


def until(workers: Workers, look: Callable[[], bool], seconds: float) -> None:
    assert wait_until(lambda: survives(look), seconds), workers.output()


def ended(run: Run, state: RunState = RunState.SUCCEEDED) -> Callable[[], bool]:
    return lambda: Run.objects.filter(pk=run.pk, state=state).exists()


def says(process: Process, words: str) -> bool:
    return words in process.output()


def crew(workers: Workers, runners: int = 1) -> list[Process]:
    """Real workers, a real waker and beat; returns when the first `wake` has arrived."""
    workers.beat(env=WORKER_ENV)
    processes = [workers.start(env=WORKER_ENV, wait=False) for _ in range(runners)]
    waker = workers.start("wake", env=WORKER_ENV, wait=False)
    for process in processes:
        process.wait_ready(partial(says, process, " ready."), 90)
    waker.wait_ready(lambda: "runs.tasks.wake" in waker.output().partition(" ready.")[2], 90)
    return processes


def child_of(process: Process) -> int:
    """The pool process that does the steps of a worker with one slot."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[-1])


def test_a_run_goes_through_a_real_worker_by_its_nudge_alone(workers: Workers) -> None:
    workers.start(env=WORKER_ENV)
    run = begin("short", "bucket:a")
    until(workers, ended(run), 30)
    assert not RunScope.objects.exists()
    assert step(run, "first").output == {"by": "runs-0@test"}
    assert [worker.name for worker in selectors.alive_workers()] == ["runs-0@test"]


def test_waiting_runs_are_woken(workers: Workers) -> None:
    crew(workers)
    run = begin("quick")
    until(workers, ended(run), 30)
    assert step(run, "quick").claims == 4


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_of_a_step_is_replaced_within_thirty_seconds(workers: Workers) -> None:
    crew(workers, runners=2)
    run = begin("holding", "bucket:a")
    until(workers, lambda: ran("holding") == 1, 30)
    name = Run.objects.get(pk=run.pk).worker
    (victim,) = [process for process in workers.started if process.command.name == name]
    victim.kill()
    until(workers, lambda: ran("holding") == 2, 30)
    open_gate()
    until(workers, ended(run), 30)

    assert (ran("first"), ran("hold"), ran("last")) == (1, 1, 1)
    assert step(run, "hold").claims == 2
    assert Run.objects.get(pk=run.pk).worker != name
    assert "attempt 2 of 5" in StepLine.objects.get(step__run=run, level="warn").text


@pytest.mark.slow
def test_a_step_that_kills_its_worker_stops_after_the_limit(workers: Workers) -> None:
    crew(workers)
    run = begin("deadly", "bucket:a")
    until(workers, lambda: ran("deadly") == 1, 30)
    expire(run)
    until(workers, lambda: ran("deadly") == 2, 30)
    expire(run)
    until(workers, ended(run, RunState.FAILED), 30)

    assert ran("deadly") == 2
    run.refresh_from_db()
    assert "ended its worker 2 times in a row" in run.error
    assert ran("ended_failed_with_1") == 1
    assert not RunScope.objects.exists()


@pytest.mark.slow
def test_a_worker_killed_between_two_steps_is_replaced_within_thirty_seconds(workers: Workers) -> None:
    """The step is saved and its lease given back, the next one is not claimed, and the message is gone."""
    (worker,) = crew(workers)
    victim = child_of(worker)
    run = begin("parting", "bucket:a")
    until(workers, lambda: step(run, "parting").state == StepState.DONE, 30)
    until(workers, lambda: not Path(f"/proc/{victim}").exists(), 30)
    until(workers, ended(run), 30)

    assert (ran("first"), ran("parting"), ran("last")) == (1, 1, 1)
    assert [step(run, name).claims for name in ("first", "parting", "last")] == [1, 1, 1]
    assert not StepLine.objects.filter(step__run=run, level="warn").exists()
    assert not RunScope.objects.exists()


@pytest.mark.slow
def test_a_paused_worker_neither_saves_nor_writes_when_it_wakes(workers: Workers) -> None:
    first, second = crew(workers, runners=2)
    run = begin("deaf", "bucket:a")
    until(workers, lambda: ran("holding") == 1, 30)
    name = Run.objects.get(pk=run.pk).worker
    paused = first if first.command.name == name else second
    child = child_of(paused)
    os.kill(child, signal.SIGSTOP)
    until(workers, lambda: ran("holding") == 2, 30)
    open_gate()
    until(workers, ended(run), 30)
    after = list(run.steps.values())
    os.kill(child, signal.SIGCONT)
    until(workers, lambda: ran("woke") == 2, 30)
    until(workers, lambda: "lease lost" in paused.output(), 30)

    assert ran("stale_write") == 1
    assert list(run.steps.values()) == after
    assert (ran("first"), ran("last")) == (1, 1)


def test_a_worker_that_is_asked_to_stop_gives_its_run_to_another_at_once(workers: Workers) -> None:
    first, second = crew(workers, runners=2)
    run = begin("holding")
    until(workers, lambda: ran("holding") == 1, 30)
    name = Run.objects.get(pk=run.pk).worker
    leaving = first if first.command.name == name else second
    leaving.send(signal.SIGTERM)
    until(workers, lambda: ran("holding") == 2, 15)
    assert wait_until(lambda: not leaving.alive(), 30), workers.output()
    open_gate()
    until(workers, ended(run), 30)
    assert step(run, "hold").attempts == 0
    assert step(run, "hold").claims == 2


def test_the_broker_may_be_emptied_and_restarted_at_any_time(workers: Workers) -> None:
    crew(workers)
    run = begin("holding")
    until(workers, lambda: ran("holding") == 1, 30)
    queued = [begin("short") for _ in range(3)]
    workers.broker.empty()
    open_gate()
    for each in [run, *queued]:
        until(workers, ended(each), 30)
    assert (ran("hold"), ran("first"), ran("middle")) == (1, 4, 3)


@pytest.mark.slow
def test_the_broker_may_be_down_in_the_middle_and_clicks_are_still_accepted(workers: Workers) -> None:
    crew(workers)
    run = begin("holding")
    until(workers, lambda: ran("holding") == 1, 30)
    workers.broker.server.kill()
    clicked = begin("short")
    assert Counter.objects.get(name="nudges_failed").value >= 1
    open_gate()
    until(workers, lambda: step(run, "hold").state == StepState.DONE, 30)
    workers.broker.server.start()
    _restart_the_dead(workers)
    for each in (run, clicked):
        until(workers, ended(each), 30)
    assert (ran("hold"), ran("first"), ran("last")) == (1, 2, 2)


def _restart_the_dead(workers: Workers) -> None:
    """What the supervisor does: kombu's worker exits when its broker dies while it holds unacknowledged messages."""
    wait_until(lambda: False, 3)
    for process in workers.started:
        if not process.alive():
            process.start()


@pytest.mark.parametrize("while_away", [True, False])
def test_the_database_may_be_restarted_in_the_middle(
    workers: Workers, postgres: Server, while_away: bool
) -> None:
    crew(workers)
    run = begin("holding", "bucket:a")
    until(workers, lambda: ran("holding") == 1, 30)
    if while_away:
        # The step ends while the database is away: the save is tried until it is back.
        open_gate()
    postgres.restart()
    connection.close()
    if not while_away:
        open_gate()
    until(workers, ended(run), 40)
    assert (ran("first"), ran("hold"), ran("last")) == (1, 1, 1)
    assert ran("ended_succeeded_with_1") == 1


def test_a_person_retries_and_cancels_through_the_services(workers: Workers) -> None:
    crew(workers)
    run = begin("sulky", "bucket:a")
    until(workers, ended(run, RunState.FAILED), 30)
    services.retry_run(run)
    until(workers, lambda: ran("sulky") == 2, 30)
    until(workers, ended(run, RunState.FAILED), 30)
    services.request_cancel(run)
    assert ended(run, RunState.CANCELLED)()

    other = begin("holding", "bucket:a")
    until(workers, lambda: ran("holding") == 1, 30)
    services.request_cancel(other)
    open_gate()
    until(workers, ended(other, RunState.CANCELLED), 30)
    assert ran("last") == 0
