"""What may be asked of `up`, and which combinations are refused."""

import pytest

from timcombo_console.supervisor.home import SetupError
from timcombo_console.supervisor.options import CHECKOUT, read

SERVERS = {"DATABASE_URL": "postgres://a/b", "REDIS_URL": "redis://a"}


def test_without_anything_it_is_a_demo_with_its_own_servers() -> None:
    options = read([], {})
    assert (options.live, options.database_url, options.redis_url) == (False, "", "")
    assert (options.port, options.edge_port, options.var) == (None, None, CHECKOUT / "var")


def test_ports_are_numbers() -> None:
    assert (
        read(["--port", "81", "--edge-port", "0"], {}).port,
        read(["--edge-port", "0"], {}).edge_port,
    ) == (81, 0)


def test_live_needs_its_servers() -> None:
    assert read([], {"CONSOLE_AWS": "live", **SERVERS}).live
    with pytest.raises(SetupError, match="CONSOLE_AWS=live needs REDIS_URL"):
        read([], {"CONSOLE_AWS": "live", "DATABASE_URL": "postgres://a/b"})
    with pytest.raises(SetupError, match="DATABASE_URL and REDIS_URL"):
        read([], {"CONSOLE_AWS": "live"})


def test_live_refuses_the_emulated_edge() -> None:
    with pytest.raises(SetupError, match="CONSOLE_EDGE is only for the emulated cloud"):
        read([], {"CONSOLE_AWS": "live", "CONSOLE_EDGE": "http://127.0.0.1:8080", **SERVERS})


def test_another_mode_is_named() -> None:
    with pytest.raises(SetupError, match="'lvie'"):
        read([], {"CONSOLE_AWS": "lvie"})
