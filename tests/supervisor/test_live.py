"""`CONSOLE_AWS=live` on servers that were given: real work, so nothing of the demo."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.supervisor.console_run import ConsoleRun, environment
from tests.workers import Broker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def console(tmp_path: Path) -> Iterator[ConsoleRun]:
    run = ConsoleRun(tmp_path / "checkout")
    yield run
    run.remove()


def _address(console: ConsoleRun) -> str:
    found = re.search(r"The console answers at (\S+)\. It works on real AWS accounts", console.terminal)
    return found[1] if found else ""


def test_real_work_begins_with_an_admin_and_keeps_its_rows(
    console: ConsoleRun, broker: Broker, given: str
) -> None:
    # Whatever would be asked of AWS ends here; a start asks nothing.
    live = {"CONSOLE_AWS": "live", "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "CONSOLE_SECRET_KEY": "s" * 60}
    env = {**live, "DATABASE_URL": given, "REDIS_URL": broker.url}
    console.begin(**env).until(lambda: bool(_address(console)))
    assert not any(name in str(console.children()) for name in ("devcloud", "postgres", "valkey"))
    assert not (console.folder / "var" / "console.json").exists()
    made = _manage(console, "create_admin", "ada")
    assert (made.returncode, "ada is an admin" in made.stdout) == (0, True), made.stderr
    assert console.stop() == 0
    with psycopg.connect(given) as database:
        assert database.execute("SELECT username FROM users_user").fetchall() == [("ada",)]
        assert database.execute("SELECT count(*) FROM products_product").fetchone() == (0,)
    console.begin(**env).until(lambda: bool(_address(console)))
    assert console.stop() == 0
    with psycopg.connect(given) as database:
        assert database.execute("SELECT username FROM users_user").fetchall() == [("ada",)]
    demo = console.refused(DATABASE_URL=given, REDIS_URL=broker.url)
    assert "is not empty" in demo


def _manage(console: ConsoleRun, *words: str) -> "subprocess.CompletedProcess[str]":
    command = ["./console", "manage", *words]
    return subprocess.run(
        command,
        cwd=console.folder,
        env=environment(PATH=os.environ["PATH"]),
        capture_output=True,
        text=True,
        timeout=60,
    )
