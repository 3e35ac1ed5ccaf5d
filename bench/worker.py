"""A warm worker in a process of its own, told what to do line by line, so that its time and memory are its own."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

from aws.access import Access, connect
from aws.fanout import Transfer
from aws.lease import Unleased, unrecorded
from bench.ours import Shop

ACCOUNT = "222222222222"
ACCESS = Access(ACCOUNT, "us-east-2", f"arn:aws:iam::{ACCOUNT}:role/deploy", "bench")
KEYS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_EC2_METADATA_DISABLED": "true"}


def _memory(name: str) -> int:
    """Megabytes that the kernel counts for this process: VmRSS now, VmHWM at most since the last reset."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) // 1024
    raise RuntimeError(f"The kernel says no {name} for this process.")


def _measured(shop: Shop, order: dict[str, Any]) -> dict[str, float]:
    action = getattr(shop, order.pop("do"))
    if "tree" in order:
        order["tree"] = Path(order["tree"])
    Path("/proc/self/clear_refs").write_text("5")
    idle, started = _memory("VmRSS"), time.perf_counter()
    written = action(**order)
    return {"seconds": time.perf_counter() - started, "written": written, "grown": _memory("VmHWM") - idle}


def main() -> None:
    """Obey the orders on standard input until it ends."""
    account = connect(ACCESS, session_name="bench", lease=Unleased(), record=unrecorded)
    with Transfer(account) as transfer:
        shop = Shop(account, transfer)
        print("{}", flush=True)
        for line in sys.stdin:
            print(json.dumps(_measured(shop, json.loads(line))), flush=True)


class Worker:
    """The other side: starts the process, gives orders and takes their measurements."""

    def __init__(self, endpoint: str) -> None:
        started = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **KEYS, "AWS_ENDPOINT_URL": endpoint},
        )
        self._answer()
        self.start_seconds = time.perf_counter() - started

    def _answer(self) -> dict[str, float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("The benchmark's worker ended; its error is printed above.")
        found: dict[str, float] = json.loads(line)
        return found

    def order(self, do: str, **parameters: str) -> dict[str, float]:
        """One action of `Shop`: its seconds, the objects written, the megabytes grown at most."""
        assert self._process.stdin is not None
        print(json.dumps({"do": do, **parameters}), file=self._process.stdin, flush=True)
        return self._answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


if __name__ == "__main__":
    main()
