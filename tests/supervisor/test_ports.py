"""Ports: the one that was asked for, or the next free one."""

import socket
from collections.abc import Iterator

import pytest

from timcombo_console.supervisor import ports
from timcombo_console.supervisor.home import SetupError


@pytest.fixture
def busy() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind((ports.HOST, 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_free_port_is_taken_as_asked() -> None:
    free = ports.unused()
    assert ports.asked_for(free, "the web server", "--port") == free


def test_a_busy_port_is_named_with_what_to_do(busy: int) -> None:
    with pytest.raises(SetupError, match=rf"Port {busy} for the web server is in use.*--port"):
        ports.asked_for(busy, "the web server", "--port")


def test_zero_is_any_free_port() -> None:
    assert ports.is_free(ports.asked_for(0, "the web server", "--port"))


def test_near_takes_the_next_one(busy: int) -> None:
    assert busy < ports.near(busy, "the emulated edge", "--edge-port") < busy + ports.TRIED
