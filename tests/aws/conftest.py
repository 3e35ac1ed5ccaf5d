"""Doors into the emulated cloud, and the lease and record that tests give them."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from aws import sessions
from aws.access import Access, Account, connect
from aws.jobs import Copy, Put
from aws.lease import Call, LeaseLost, Unleased
from bench.simulator import Simulator, simulator
from tests.cloud import REGION, CloudProcess

MEDIA = "855652006097"
SANDBOX = "455510265254"
BUCKET, OTHER_BUCKET = "tim-app-dev-855652006097", "tim-app-test-855652006097"


@dataclass
class Ledger:
    """A record that keeps every call."""

    calls: list[Call] = field(default_factory=list)

    def __call__(self, call: Call) -> None:
        self.calls.append(call)

    def of(self, operation: str) -> list[Call]:
        return [call for call in self.calls if call.operation == operation]


@dataclass
class FakeLease:
    """A lease that is held for `seconds` at every question, until `questions` have been asked."""

    seconds: float = 20.0
    questions: float = float("inf")
    asked: list[float] = field(default_factory=list)

    def ensure(self, seconds: float) -> None:
        if len(self.asked) >= self.questions:
            raise LeaseLost("Another worker has the Run.")
        self.asked.append(seconds)

    def seconds_left(self) -> float:
        return self.seconds


Open = Callable[..., Account]


@pytest.fixture(autouse=True)
def no_sessions_kept() -> Iterator[None]:
    """Each test takes its roles anew."""
    sessions._sessions.clear()
    yield
    sessions._sessions.clear()


@pytest.fixture
def worker(cloud: CloudProcess, monkeypatch: pytest.MonkeyPatch) -> CloudProcess:
    """The emulated cloud, with this process as a worker of its."""
    for name, value in cloud.env().items():
        monkeypatch.setenv(name, value)
    return cloud


@pytest.fixture
def access(cloud: CloudProcess) -> Access:
    """The media account's deploy role."""
    role = cloud.accounts["media"]["roles"]["deploy"]
    return Access(MEDIA, REGION, role["role_arn"], role["external_id"])


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def open_account(worker: CloudProcess, access: Access, ledger: Ledger) -> Open:
    """`open_account(lease=…)` opens the media account."""

    def opened(**options: Any) -> Account:
        return connect(access, **{"session_name": "tests", "lease": Unleased(), "record": ledger, **options})

    return opened


@pytest.fixture
def account(open_account: Open) -> Account:
    return open_account()


@pytest.fixture
def sandbox(worker: CloudProcess, ledger: Ledger) -> Account:
    """The sandbox, where the emulated cloud has an API by alias, as the role that only reads."""
    role = worker.accounts["sandbox"]["roles"]["read"]
    reader = Access(SANDBOX, REGION, role["role_arn"], role["external_id"])
    return connect(reader, session_name="tests", lease=Unleased(), record=ledger)


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[Simulator]:
    with simulator("archive", "environment") as found:
        yield found


@pytest.fixture
def sim(simulator_process: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """The S3 simulator, empty and without faults: for counts, clocks and large numbers."""
    simulator_process.empty()
    simulator_process.configure(latency=0, throttleRate=0, errorRate=0, lostRate=0, clockSkew=0, putRps=0)
    monkeypatch.setenv("AWS_ENDPOINT_URL", simulator_process.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
    return simulator_process


@pytest.fixture
def open_sim(sim: Simulator, ledger: Ledger) -> Open:
    """`open_sim(lease=…)` opens an account of the simulator."""

    def opened(**options: Any) -> Account:
        access = Access(MEDIA, REGION, f"arn:aws:iam::{MEDIA}:role/deploy", "external")
        return connect(access, **{"session_name": "tests", "lease": Unleased(), "record": ledger, **options})

    return opened


def put(key: str, body: bytes = b"one", bucket: str = BUCKET, **options: Any) -> Put:
    """A Put with ordinary headers."""
    return Put(
        bucket=bucket,
        key=key,
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
        **{"owner": MEDIA, "content_type": "text/javascript", "cache_control": "no-cache", **options},
    )


def copy(key: str, source_key: str, etag: str, **options: Any) -> Copy:
    """A Copy within the emulated cloud's buckets with ordinary headers."""
    ordinary = {
        "source_bucket": BUCKET,
        "source_owner": MEDIA,
        "bucket": OTHER_BUCKET,
        "owner": MEDIA,
        "content_type": "text/css",
        "cache_control": "public,max-age=3600",
    }
    return Copy(key=key, source_key=source_key, source_etag=etag, **{**ordinary, **options})


def md5(body: bytes) -> str:
    """The ETag of an object with this body."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
