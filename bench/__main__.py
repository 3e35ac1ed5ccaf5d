"""`./console bench [sync|pages|…] [--json] [--full]`: measure against what a user would otherwise run."""

import argparse
import sys
from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec

from bench.report import Row, show

NAMES = tuple(name for name in ("sync", "pages", "fleet", "estate", "metrics") if find_spec(f"bench.{name}"))


def _collected(rows: Iterable[Row]) -> list[Row]:
    """All rows; a line for each as it comes, for who waits."""
    done = []
    for row in rows:
        done.append(row)
        print(
            f"… {row.what}: {row.ours:g} against {row.peer:g} ({row.peer_name})", file=sys.stderr, flush=True
        )
    return done


def main() -> int:
    """Run the named benchmark, or all. 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="./console bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=NAMES, help="all when left out")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object a benchmark, and nothing else"
    )
    parser.add_argument("--full", action="store_true", help="the long version: more rounds, more rows")
    options = parser.parse_args()
    missed = False
    for name in (options.name,) if options.name else NAMES:
        rows = _collected(import_module(f"bench.{name}").measure(full=options.full))
        print(show(name, rows, as_json=options.json), flush=True)
        missed = missed or not all(row.ok for row in rows)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
