"""Choosing the ports that people type."""

import socket

from timcombo_console.supervisor.home import SetupError

HOST = "127.0.0.1"
TRIED = 20
"""How many ports after the preferred one are tried when nobody asked for a certain one."""


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of the loopback address now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def asked_for(port: int, what: str, option: str) -> int:
    """`port`, or a free one for 0; raises SetupError naming the port and the option when it is in use."""
    if port == 0:
        return unused()
    if not is_free(port):
        raise SetupError(
            f"Port {port} for {what} is in use by another program. "
            f"Stop that program (ss -ltnp 'sport = :{port}' names it), or choose another port with {option}."
        )
    return port


def near(preferred: int, what: str, option: str) -> int:
    """The first free port from `preferred` on; raises SetupError when the next twenty are all in use."""
    for port in range(preferred, preferred + TRIED):
        if is_free(port):
            return port
    raise SetupError(
        f"Ports {preferred} to {preferred + TRIED - 1} for {what} are all in use. Choose one with {option}."
    )


def unused() -> int:
    """A port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
