"""A warm worker in a process of its own, told what to do line by line, so that its time and memory are its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Self

KEYS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_EC2_METADATA_DISABLED": "true"}


def main() -> None:
    """Obey the orders on standard input until it ends."""
    import django

    django.setup()
    from bench.ours import Shop

    shop = Shop()
    print("{}", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(asdict(getattr(shop, order.pop("do"))(**order))), flush=True)


class Worker:
    """The other side: starts the process, gives orders and takes their measurements.

    `environment` is what Django's settings read, with a database that holds the console's tables.
    """

    def __init__(self, endpoint: str, environment: Mapping[str, str]) -> None:
        started = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment, **KEYS, "AWS_ENDPOINT_URL": endpoint},
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
        """One action of `bench.ours.Shop`: its seconds, the objects written, the megabytes grown at most."""
        assert self._process.stdin is not None
        print(json.dumps({"do": do, **parameters}), file=self._process.stdin, flush=True)
        return self._answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


if __name__ == "__main__":
    main()
