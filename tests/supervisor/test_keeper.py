"""Children: kept alive, ended in order, never left behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import CHECKOUT
from tests.supervisor.console_run import descendants, exists
from timcombo_console.supervisor.keeper import CloudLost, Keeper
from timcombo_console.supervisor.process import Command, Process, ProcessEndedError, rotate, wait_until

SLEEPER = "import time; print('ready', flush=True); time.sleep(60)"
STUBBORN = (
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
)


def python(name: str, code: str) -> Command:
    return Command(name, (sys.executable, "-I", "-S", "-c", code), Path("/"))


class Terminal(list[str]):
    """What the supervisor said."""

    def __call__(self, text: str) -> None:
        self.append(text)


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture
def keeper(tmp_path: Path, terminal: Terminal) -> Iterator[Keeper]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    lock = (tmp_path / "lock").open("w")
    made = Keeper(tmp_path, lock.fileno(), terminal)
    yield made
    made.stop([child.name for child in made.children], 0.1)
    made.end()
    lock.close()
    for number, handler in kept.items():
        signal.signal(number, handler)


def ready(keeper: Keeper, process: Process) -> int:
    keeper.ready(process, lambda: "ready" in process.output(), 10)
    return process.pid


def test_a_killed_child_is_started_again(keeper: Keeper, terminal: Terminal) -> None:
    process = keeper.start(python("sleeper", SLEEPER))
    first = ready(keeper, process)
    os.kill(first, signal.SIGKILL)
    assert keeper.wait(lambda: process.pid != first and process.alive(), 10)
    assert "sleeper was killed by SIGKILL." in terminal[0]


def test_one_that_keeps_ending_waits_longer_each_time_and_shows_its_log(
    keeper: Keeper, terminal: Terminal
) -> None:
    keeper.start(python("broken", "print('no such thing'); raise SystemExit(3)"))
    keeper.wait(lambda: len(terminal) >= 2, 10)
    assert "broken ended with status 3." in terminal[0]
    assert "no such thing" in terminal[0]
    assert keeper.children[0].due > time.monotonic()


def test_the_end_of_an_irreplaceable_child_is_raised(keeper: Keeper) -> None:
    process = keeper.start(python("cloud", SLEEPER), irreplaceable=True)
    os.kill(ready(keeper, process), signal.SIGKILL)
    with pytest.raises(CloudLost, match="cloud was killed by SIGKILL"):
        keeper.wait(lambda: False, 10)


def test_a_stubborn_child_is_killed(keeper: Keeper) -> None:
    process = keeper.start(python("stubborn", STUBBORN))
    pid = ready(keeper, process)
    keeper.stop(["stubborn"], 0.2)
    assert not exists(pid)
    assert keeper.children == []


def test_a_killed_guardian_is_replaced(keeper: Keeper) -> None:
    first = keeper._guardian.pid
    os.kill(first, signal.SIGKILL)
    assert keeper.wait(lambda: keeper._guardian.pid != first, 10)


def test_a_command_that_fails_is_raised_with_its_words(keeper: Keeper) -> None:
    keeper.run(python("fine", "print('ok')"), 10)
    with pytest.raises(ProcessEndedError, match=r"(?s)wrong ended with status 1.*what it said"):
        keeper.run(python("wrong", "print('what it said'); raise SystemExit(1)"), 10)


def test_a_killed_supervisor_leaves_no_child_and_no_grandchild(tmp_path: Path) -> None:
    grandparent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {STUBBORN!r}])"
    code = f"""
        import sys
        from pathlib import Path
        from timcombo_console.supervisor.keeper import Keeper
        from timcombo_console.supervisor.process import Command
        keeper = Keeper(Path({str(tmp_path)!r}), sys.stderr.fileno(), print)
        process = keeper.start(Command("nested", (sys.executable, "-c", {grandparent!r}), Path("/")))
        keeper.ready(process, lambda: "ready" in process.output(), 20)
        print("started", flush=True)
        keeper.wait(lambda: False, 60)
    """
    argv = [sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(argv, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == "started\n"
        family = descendants(supervisor.pid)
        assert len(family) == 3  # guardian, child, grandchild
        supervisor.kill()
    assert wait_until(lambda: not any(exists(pid) for pid in family), 10)


def test_logs_of_earlier_starts_are_kept_by_number(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    for content in ("one", "two", "three", "four", "five"):
        rotate(log)
        log.write_text(content)
    kept = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert kept == {"web.log": "five", "web.log.1": "four", "web.log.2": "three", "web.log.3": "two"}
