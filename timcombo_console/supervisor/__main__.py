"""`python -m timcombo_console.supervisor up [...]` and `manage [...]`: what the `console` script execs."""

import json
import os
import sys
from pathlib import Path

from timcombo_console.supervisor.home import SetupError
from timcombo_console.supervisor.options import CHECKOUT, read
from timcombo_console.supervisor.process import ProcessEndedError
from timcombo_console.supervisor.up import Up


def main(arguments: list[str]) -> int:
    """The exit status: 0, or 1 after a sentence that says what is in the way."""
    command, *rest = arguments
    try:
        if command == "manage":
            manage(rest)
        Up(read(rest)).run()
    except (SetupError, ProcessEndedError) as error:
        print(f"console: {error}", file=sys.stderr)
        return 1
    return 0


def manage(arguments: list[str]) -> None:
    """Become `manage.py` with the environment of the running console, unless DATABASE_URL names another database."""
    var = Path(os.environ.get("CONSOLE_VAR") or CHECKOUT / "var")
    running = var / "environment.json"
    env = dict(os.environ)
    if not env.get("DATABASE_URL"):
        if not running.exists():
            raise SetupError(
                "No console runs here. Start ./console up in another terminal, or set DATABASE_URL."
            )
        env.update(json.loads(running.read_text()))
    os.execve(sys.executable, [sys.executable, str(CHECKOUT / "manage.py"), *arguments], env)  # noqa: S606


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
