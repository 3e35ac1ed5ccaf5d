"""The S3 simulator (`s3sim.js`): fixed latency, counts of requests, faults on demand."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

ARCHIVE, ENVIRONMENT, PEER = "archive", "environment", "peer"
"""The buckets of the benchmarks: ours, and the one that the peers write."""

SCRIPT = Path(__file__).with_name("s3sim.js")


class Simulator:
    """A running simulator at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url

    def _control(self, what: str, **parameters: object) -> Any:
        with urlopen(f"{self.url}/_sim/{what}?{urlencode(parameters)}", timeout=10) as answer:
            return json.load(answer)

    def configure(self, **settings: float) -> None:
        """Set latency and jitter (ms), putRps, getRps, throttleRate, lostRate, errorRate (shares of 1)."""
        self._control("config", **settings)

    def fail(self, **fault: object) -> None:
        """Let the next `count` calls of operation `op` fail: `status`, `code`, `message`, or a `kind` of its own."""
        self._control("fail", **fault)

    def empty(self, bucket: str = "") -> None:
        """Empty one bucket or all, and zero the counters; faults end."""
        self._control("reset", objects=1, bucket=bucket)

    def reset(self) -> None:
        """Zero the counters; faults end."""
        self._control("reset")

    def requests(self) -> dict[str, int]:
        """Requests since the last reset by operation."""
        found: dict[str, int] = self._control("stats")["requests"]
        return found

    def stats(self) -> dict[str, Any]:
        """All counters."""
        found: dict[str, Any] = self._control("stats")
        return found

    def etags(self, bucket: str) -> dict[str, str]:
        """What a bucket holds: key to ETag."""
        found: dict[str, str] = self._control("objects", bucket=bucket)
        return found


def node() -> str:
    """The node binary: on the path, or the one that the environment holds. Raises FileNotFoundError."""
    found = shutil.which("node") or shutil.which("node", path=str(Path(sys.executable).parent))
    if found is None:
        raise FileNotFoundError(
            "The benchmark's S3 simulator needs node. Run `./console up` once, or install nodejs."
        )
    return found


@contextmanager
def simulator(*buckets: str, **flags: object) -> Iterator[Simulator]:
    """A simulator with these buckets on a free port of loopback, ended with the block."""
    options = [text for name, value in flags.items() for text in (f"--{name.replace('_', '-')}", str(value))]
    command = [node(), str(SCRIPT), "--port", "0", "--buckets", ",".join(buckets), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if " on " not in line:
            raise RuntimeError(f"The S3 simulator did not start: {line!r}")
        yield Simulator(line.split(" on ")[1].split()[0])
    finally:
        process.terminate()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()
