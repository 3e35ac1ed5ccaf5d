"""Real workers that carry out deployments, and what happens to them."""

import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from tests.shipping import Answer, World, worker_env
from tests.traps.boundaries import FOLDER, is_sprung, set_trap

if TYPE_CHECKING:
    from runs.models import Run
    from tests.workers import Workers
    from timcombo_console.supervisor.process import Process

PATIENCE = 90


class Crew:
    """Workers of `world`, a waker and beat."""

    def __init__(self, world: World, workers: "Workers", folder: Path) -> None:
        self.world, self.workers, self._traps = world, workers, folder / "traps"
        self._traps.mkdir()

    def begin(self, runners: int = 1, slots: int = 1, watchers: int = 0) -> None:
        """Start them, and so many workers for what only looks; returns when all are ready and the first `wake` has arrived.

        Celery takes up to 5 s to put a new process into a killed one's slot: with more slots others go on at once.
        """
        env = {
            **worker_env(self.world.cloud),
            "CONSOLE_WORKER_PRINCIPAL": settings.CONSOLE_WORKER_PRINCIPAL,
            "DJANGO_SETTINGS_MODULE": "tests.traps.worker_settings",
            FOLDER: str(self._traps),
        }
        self.workers.beat(env=env)
        queues = ["runs"] * runners + ["watch"] * watchers
        started = [self.workers.start(queue, slots=slots, env=env, wait=False) for queue in queues]
        waker = self.workers.start("wake", env=env, wait=False)
        for process in started:
            process.wait_ready(partial(_says, process, " ready."), PATIENCE)
        waker.wait_ready(lambda: "runs.tasks.wake" in waker.output().partition(" ready.")[2], PATIENCE)

    def trap(self, moment: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Have the worker that reaches the moment (see `traps`) get this signal."""
        set_trap(self._traps, moment, number)

    def wait_for_trap(self, moment: str) -> None:
        self.until(lambda: is_sprung(self._traps, moment), moment)

    def until(self, look: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
        """Wait until `look()`, starting dead workers again meanwhile, as the supervisor does."""
        from timcombo_console.supervisor.process import wait_until

        assert wait_until(lambda: self._look(look), seconds), f"{what}\n{self.workers.output()}"

    def _look(self, look: Callable[[], bool]) -> bool:
        for process in self.workers.started:
            if not process.alive():
                process.start()
        try:
            return look()
        except (DatabaseError, InterfaceError):
            connection.close()
            return False

    def end_of(self, answer: Answer, seconds: float = PATIENCE) -> Answer:
        """Wait until the deployment has ended; it must be live."""
        run = self.run_of(answer)
        self.until(lambda: not self.run_of(answer).is_active, f"the end of run {run.pk}", seconds)
        ended = self.world.deployment(answer["id"])
        assert ended["status"] == "live", f"{ended['error']}\n{self.workers.output()}"
        return ended

    def run_of(self, answer: Answer) -> "Run":
        from runs.models import Run

        assert answer.status == 202, answer.body
        return Run.objects.get(deployment=answer["id"])

    def let_lease_end(self, answer: Answer) -> None:
        """Let the time pass until the lease of a dead worker has ended, and wake another."""
        from runs import nudge
        from tests.runs.rows import expire

        run = self.run_of(answer)
        expire(run)
        nudge.nudge(run.pk, run.kind)

    def restart_database(self) -> None:
        """Crash PostgreSQL and start it again."""
        from tests.databases import SESSION

        SESSION.postgres_server.restart()
        connection.close()

    def worker_of(self, answer: Answer) -> "Process":
        """The worker that does the deployment's step now."""
        name = self.run_of(answer).worker
        return next(process for process in self.workers.started if process.command.name == name)


def child_of(process: "Process") -> int:
    """The pool process that does the steps of a worker with one slot."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[-1])


def send(pid: int, number: signal.Signals) -> None:
    os.kill(pid, number)


def _says(process: "Process", words: str) -> bool:
    return words in process.output()


@pytest.fixture
def crew(world: World, workers: "Workers", settings: Any, tmp_path: Path) -> Iterator[Crew]:
    """Real workers for `world`, none of them started yet."""
    from runs import nudge

    settings.REDIS_URL = workers.broker.url
    nudge.forget()
    yield Crew(world, workers, tmp_path)
    nudge.forget()
