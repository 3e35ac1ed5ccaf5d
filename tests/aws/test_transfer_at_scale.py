"""Many writes at a time, against the S3 simulator: answers that S3 rarely gives, clocks, and large numbers."""

import gc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aws import errors
from aws.fanout import Transfer, TransferFailed
from aws.jobs import Job, Slice
from bench.simulator import Simulator
from tests.aws.conftest import FakeLease, Ledger, Open, copy, md5, put

ONE = {"bucket": "environment", "source_bucket": "archive"}


@pytest.fixture
def archived(sim: Simulator, open_sim: Open) -> str:
    """The ETag of `k.js` in the archive."""
    with Transfer(open_sim()) as transfer:
        return transfer.run([put("k.js", b"one", "archive")])[0].etag


def test_a_copy_that_fails_after_200_is_repeated(
    sim: Simulator, open_sim: Open, archived: str, ledger: Ledger
) -> None:
    """AWS: CopyObject may answer 200 and tell of its failure in the body."""
    for code in ("InternalError", "SlowDown"):
        sim.fail(op="CopyObject", kind="late", code=code, count=1)
    with Transfer(open_sim()) as transfer:
        (written,) = transfer.run([copy("k.js", "k.js", archived, **ONE)])
    assert written.etag == archived == md5(b"one")
    assert [call.code for call in ledger.of("CopyObject")] == ["InternalError", "SlowDown", ""]
    assert sim.etags("environment") == {"k.js": archived}


def test_a_copy_that_fails_for_good_after_200_is_an_error(
    sim: Simulator, open_sim: Open, archived: str
) -> None:
    sim.fail(op="CopyObject", kind="late", code="AccessDenied", count=1)
    with (
        Transfer(open_sim(), patience_seconds=0) as transfer,
        pytest.raises(TransferFailed, match="AccessDenied"),
    ):
        transfer.run([copy("k.js", "k.js", archived, **ONE)])
    assert sim.etags("environment") == {}


def test_the_clock_is_set_by_aws(sim: Simulator, open_sim: Open, ledger: Ledger) -> None:
    """AWS: a signature that is 15 minutes off is refused; the answer's Date says what time it is."""
    account = open_sim()
    for skew in (3600, -3600):
        sim.configure(clockSkew=skew)
        with Transfer(account) as transfer:
            assert transfer.run([put("k.js", b"one", "archive")])
    assert [call.code for call in ledger.of("PutObject")] == ["RequestTimeTooSkewed", ""] * 2


def test_a_fence_ends_by_awss_clock(sim: Simulator, open_sim: Open) -> None:
    """A machine whose clock runs ahead would sign for too long; the clock is taken from AWS when the door opens."""
    sim.configure(clockSkew=-300)
    account = open_sim(lease=FakeLease(seconds=15))
    behind = account.clock.now()
    with Transfer(account) as transfer:
        assert transfer.run([put("index.html", b"one", "archive", if_none_match="*", before_lease_ends=True)])
    sim.configure(clockSkew=0)
    assert 295 <= (datetime.now(UTC) - behind).total_seconds() <= 303
    with Transfer(account) as transfer, pytest.raises(TransferFailed) as caught:
        transfer.run([put("late.html", b"one", "archive", if_none_match="*", before_lease_ends=True)])
    assert isinstance(caught.value.error, errors.SignatureExpired)
    assert "late.html" not in sim.etags("archive")


def test_nothing_is_lost_when_everything_goes_wrong(sim: Simulator, open_sim: Open, ledger: Ledger) -> None:
    """30 % throttled, 10 % internal errors, 5 % of the answers lost."""
    sim.configure(throttleRate=0.3, errorRate=0.1, lostRate=0.05)
    bodies = {f"k/{number}.js": str(number).encode() for number in range(400)}
    account = open_sim()
    with Transfer(account) as transfer:
        put_ = transfer.run(put(key, body, "archive", if_none_match="*") for key, body in bodies.items())
        etags = {item.job.key: item.etag for item in put_}
        copied = transfer.run(copy(key, key, etag, **ONE) for key, etag in etags.items())
    assert etags == {key: md5(body) for key, body in bodies.items()} == sim.etags("archive")
    assert {item.job.key: item.etag for item in copied} == etags == sim.etags("environment")
    throttled = sum(call.throttled for call in ledger.calls)
    assert 0.25 < throttled / len(ledger.calls) < 0.35


def test_a_rate_limit_is_kept_to(sim: Simulator, open_sim: Open, ledger: Ledger) -> None:
    """AWS: S3 takes 3,500 writes a second and prefix, and answers SlowDown above it."""
    sim.configure(putRps=800)
    with Transfer(open_sim()) as transfer:
        assert len(transfer.run(put(f"k/{number}.js", b"x", "archive") for number in range(1200))) == 1200
    assert len(ledger.of("PutObject")) < 3 * 1200


def test_connections_are_as_many_as_places_and_stay_open(sim: Simulator, open_sim: Open) -> None:
    account = open_sim()
    before = sim.stats()["connections"]
    with Transfer(account, in_flight=16) as transfer:
        for _ in range(3):
            transfer.run(put(f"k/{number}.js", b"x", "archive") for number in range(200))
    found = sim.stats()
    # One more for each question of this test.
    assert found["connections"] - before <= 16 + 2
    assert found["peakInFlight"] <= 16


def test_one_request_a_job_and_none_besides(sim: Simulator, open_sim: Open, archived: str) -> None:
    account = open_sim()
    sim.reset()
    with Transfer(account) as transfer:
        transfer.run(copy(f"{number}.js", "k.js", archived, **ONE) for number in range(300))
    assert sim.requests() == {"CopyObject": 300}


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_files(
    sim: Simulator, open_sim: Open, tmp_path: Path
) -> None:
    """20,000 files of 10 kB, some large: peak growth stays below 80 MB."""
    small, large = b"x" * 10_000, b"y" * 5_000_000
    (tmp_path / "small").write_bytes(small)
    (tmp_path / "large").write_bytes(large)
    files = {
        name: replace(put("k", body, "archive"), body=Slice(tmp_path / name, 0, len(body)))
        for name, body in (("small", small), ("large", large))
    }

    def jobs() -> Iterator[Job]:
        for number in range(20_000):
            yield replace(files["small" if number % 2000 else "large"], key=f"k/{number}.js")

    with Transfer(open_sim(record=lambda call: None)) as transfer:
        transfer.run(put(f"warm/{number}", small, "archive") for number in range(500))
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")
        idle = _memory("VmRSS")
        assert len(transfer.run(jobs())) == 20_000
        assert _memory("VmHWM") - idle < 80


def _memory(name: str) -> int:
    """Megabytes by the kernel's count."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(name))


def test_what_is_written_is_given_while_the_others_go_on(sim: Simulator, open_sim: Open) -> None:
    sim.configure(latency=50)
    taken: list[int] = []

    def jobs() -> Iterator[Job]:
        for number in range(100):
            taken.append(number)
            yield put(f"k/{number}.js", b"x", "archive")

    with Transfer(open_sim(), in_flight=4) as transfer:
        stream = transfer.stream(jobs(), 10)
        first = next(stream)
        # Ten are given when four are on their way, not when all jobs were taken.
        assert 10 <= len(first) <= 14
        assert len(taken) <= 18
        rest = list(stream)
    assert len(first) + sum(map(len, rest)) == 100
    assert len(sim.etags("archive")) == 100


def test_who_stops_listening_stops_the_transfer(sim: Simulator, open_sim: Open) -> None:
    with Transfer(open_sim(), in_flight=4) as transfer:
        stream = transfer.stream((put(f"k/{number}.js", b"x", "archive") for number in range(500)), 10)
        next(stream)
        stream.close()  # type: ignore[attr-defined]
        assert len(sim.etags("archive")) < 100
        assert len(transfer.run([put("after.js", b"x", "archive")])) == 1
