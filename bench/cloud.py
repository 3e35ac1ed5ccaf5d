"""The emulated cloud that a benchmark runs against, and Runs that are carried out in this process, as a warm worker does."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from bench.database import CHECKOUT
from bench.peers import REGION
from runs import runner
from runs.models import Run, RunState


class Cloud:
    """Its addresses and keys, and its control address."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.endpoint: str = told["endpoint"]
        self.worker: str = told["worker"]
        self._told = told

    def environment(self) -> dict[str, str]:
        """What a worker needs to be told to work there."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self._told["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": self._told["secret_access_key"],
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def control(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self._told["control"] + path, data=data), timeout=10) as answer:
            return json.load(answer)

    def next_call(self) -> int:
        return int(self.control("/health")["next_call"])

    def calls(self, since: int) -> list[dict[str, Any]]:
        """All calls on record from that number on."""
        found: list[dict[str, Any]] = []
        while page := self.control(f"/calls?since={since}")["calls"]:
            found += page
            since = page[-1]["seq"] + 1
        return found


@contextmanager
def emulated_cloud(estate: Path) -> Iterator[Cloud]:
    """Started with this estate for the block, and this process told to work there."""
    command = [sys.executable, "-m", "devcloud", "--estate", str(estate), "--die-with-parent"]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            cloud = Cloud(json.loads(process.stdout.readline()))
            os.environ |= cloud.environment()
            yield cloud
        finally:
            process.terminate()


def carry_out(run: Run) -> None:
    """Do all steps of a Run, those that are tried again too. Raises RuntimeError when it fails."""
    while run.state in (RunState.QUEUED, RunState.RUNNING):
        while runner.advance(run.pk):
            pass
        run.refresh_from_db()
        time.sleep(0.01)
    if run.state != RunState.SUCCEEDED:
        raise RuntimeError(f"{run.title} failed: {run.error}")
