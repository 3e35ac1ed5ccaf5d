"""A real web server, and bytes sent to it as they are."""

import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.databases import CHECKOUT
from tests.shipping import World
from timcombo_console.supervisor.process import Command, Process

if TYPE_CHECKING:
    from tests.workers import Clone


@pytest.fixture
def web_env(tmp_path: Path) -> dict[str, str]:
    """What the web server's environment holds besides the database. A module may put its own in its place."""
    return {}


@pytest.fixture
def web(world: World, cloned_database: "Clone", web_env: dict[str, str], tmp_path: Path) -> Iterator[Path]:
    """The socket of a real web server on the test's database."""
    path = tmp_path / "web.sock"
    argv = ("-m", "gunicorn", "timcombo_console.wsgi", "--bind", f"unix:{path}", "--threads", "2")
    env = {**cloned_database.env, **web_env}
    process = Process(Command("web", (sys.executable, *argv), CHECKOUT, env), tmp_path / "web.log")
    process.start()
    process.wait_ready(lambda: path.exists() and "Booting worker" in process.output(), 60)
    yield path
    process.kill()


def send(path: Path, data: bytes) -> bytes:
    """What the web server answers, status line and headers included. It may refuse before it has read everything."""
    answer = bytearray()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(str(path))
        with suppress(BrokenPipeError):
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                answer += piece
    return bytes(answer)
