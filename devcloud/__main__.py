"""`python -m devcloud --estate FILE`: the emulated cloud as a process of its own."""

import argparse
import asyncio
import ctypes
import signal
import sys
from pathlib import Path

from devcloud.server import Ports, PortTaken, run

PR_SET_PDEATHSIG = 1


def main() -> None:
    options = _options()
    if options.die_with_parent:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    ports = Ports(options.port, options.edge_port, options.control_port)
    try:
        serving = run(
            options.estate, options.host, ports, _announce, options.without, traffic=options.traffic
        )
        asyncio.run(serving)
    except PortTaken as error:
        sys.exit(
            f"The emulated cloud cannot listen on {error}. Stop what uses the port, or name another one."
        )
    except OSError as error:
        sys.exit(
            f"The emulated cloud cannot read its estate: {error}. Name a file that exists with --estate."
        )


def _announce(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="devcloud", description=__doc__)
    parser.add_argument("--estate", type=Path, required=True, help="the estate file to begin with")
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="PRODUCT",
        help="begin without the buckets, distributions, zone and certificate of this product",
    )
    parser.add_argument(
        "--traffic", action="store_true", help="let sample visitors come, and begin with 30 days of them"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port of AWS, 0 for any")
    parser.add_argument("--edge-port", type=int, default=0, help="port of the edge, 0 for any")
    parser.add_argument("--control-port", type=int, default=0, help="port of the control address, 0 for any")
    parser.add_argument(
        "--die-with-parent", action="store_true", help="end when the process that started it ends"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
