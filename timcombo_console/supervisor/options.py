"""What the person asked for: the command line of `./console up`, and the environment."""

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from timcombo_console.supervisor.home import SetupError

CHECKOUT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Options:
    """How to start. Ports: None is the usual one, 0 any free one."""

    port: int | None
    edge_port: int | None
    live: bool
    var: Path
    database_url: str
    owner_url: str
    redis_url: str


def read(arguments: list[str], env: Mapping[str, str] = os.environ) -> Options:
    """The options; raises SetupError for combinations that would mix a demo with real data."""
    parser = argparse.ArgumentParser(
        prog="./console up", description="Start the console and everything it needs."
    )
    parser.add_argument("--port", type=int, help="port of the web server (8000)")
    parser.add_argument(
        "--edge-port", type=int, help="port of the emulated edge (8080, or the next free one)"
    )
    asked = parser.parse_args(arguments)
    return Options(
        port=asked.port,
        edge_port=asked.edge_port,
        live=_live(env),
        var=Path(env.get("CONSOLE_VAR") or CHECKOUT / "var"),
        database_url=env.get("DATABASE_URL", ""),
        owner_url=env.get("DATABASE_OWNER_URL", ""),
        redis_url=env.get("REDIS_URL", ""),
    )


def _live(env: Mapping[str, str]) -> bool:
    mode = env.get("CONSOLE_AWS") or "emulated"
    if mode not in {"emulated", "live"}:
        raise SetupError(
            f"CONSOLE_AWS is {mode!r}. It is either 'emulated' (a demo) or 'live' (real AWS accounts)."
        )
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not env.get(name)]
    if mode == "live" and missing:
        raise SetupError(
            f"CONSOLE_AWS=live needs {' and '.join(missing)}: real work is not kept in a laptop's embedded servers. "
            "Set them, or leave CONSOLE_AWS unset for a demo."
        )
    if mode == "live" and env.get("CONSOLE_EDGE"):
        raise SetupError(
            "CONSOLE_EDGE is only for the emulated cloud. Unset it, or leave CONSOLE_AWS unset for a demo."
        )
    return mode == "live"
