"""A visitor who never stops: loads an app's page and all it names, ten times a second, and tells what went wrong.

A page and everything it names must be of one release, and be there, at every moment.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlsplit

from deployments.entrypoints import references

EVERY_SECONDS = 0.1
PATIENCE_SECONDS = 20
ADDRESSES = ("/", "/index.html")
"""AWS: two cache keys of one page."""

Contents = Mapping[str, Mapping[str, str]]
"""Per version the sha256, in hexadecimal, of every path of the release."""


@dataclass
class Verdict:
    """What a prober saw: how often it looked, the versions at `/index.html` in their order, what was wrong."""

    rounds: int = 0
    loads: int = 0
    seconds: float = 0.0
    versions: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Rounds per second."""
        return self.rounds / self.seconds if self.seconds else 0.0

    def __str__(self) -> str:
        seen = " → ".join(self.versions) or "nothing"
        told = "; ".join(self.problems[:5]) or "nothing wrong"
        return f"{self.rounds} rounds ({self.per_second:.1f} a second), {self.loads} loads, {seen}, {told}"


class Prober:
    """Probes `host` through the edge at `edge` while its `with` block runs; `verdict` tells the rest."""

    def __init__(self, edge: str, host: str, releases: Contents) -> None:
        self.host, self.releases = host, releases
        self.verdict = Verdict()
        self._versions = {files["index.html"]: version for version, files in releases.items()}
        self._connection = HTTPConnection(urlsplit(edge).netloc, timeout=PATIENCE_SECONDS)
        self._stop = Event()
        self._thread = Thread(target=self._probe, name="prober", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(2 * PATIENCE_SECONDS)
        self._connection.close()

    def _probe(self) -> None:
        began = due = time.monotonic()
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            due = max(due + EVERY_SECONDS, time.monotonic())
            self._round()
            self.verdict.seconds = time.monotonic() - began

    def _round(self) -> None:
        self.verdict.rounds += 1
        for address in ADDRESSES:
            status, body = self._load(address)
            if status == 200:
                self._judge(address, body)
            elif self.verdict.versions:
                self._wrong(f"{address} answered {status}")

    def _judge(self, address: str, page: bytes) -> None:
        version = self._versions.get(sha256(page).hexdigest())
        if version is None:
            self._wrong(f"{address} is a page of no release")
            return
        if address == ADDRESSES[-1] and self.verdict.versions[-1:] != [version]:
            self.verdict.versions.append(version)
        for path, _ in references(page):
            status, body = self._load(f"/{path}")
            if status != 200:
                self._wrong(f"{address} of {version} names /{path}, which answered {status}")
            elif sha256(body).hexdigest() != self.releases[version].get(path):
                self._wrong(f"{address} of {version} names /{path}, which is of another release")

    def _load(self, path: str) -> tuple[int, bytes]:
        self.verdict.loads += 1
        try:
            self._connection.request("GET", quote(path), headers={"Host": self.host})
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException) as error:
            self._connection.close()
            self._wrong(f"{path} was not answered: {error!r}")
            return 0, b""

    def _wrong(self, text: str) -> None:
        self.verdict.problems.append(f"{text} (round {self.verdict.rounds})")
