"""Many writes at a time, against the strict emulated cloud: what S3 refuses, and what is done about it."""

import pickle
import time
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from aws import errors, s3
from aws.access import Account
from aws.fanout import Transfer, TransferFailed
from aws.jobs import Delete, Job, Slice, Written
from aws.lease import LeaseLost
from tests.aws.conftest import BUCKET, MEDIA, OTHER_BUCKET, SANDBOX, FakeLease, Ledger, Open, copy, md5, put
from tests.cloud import CloudProcess

KEY = "static/js/ü b+&%<>~.js"


def run(account: Account, *jobs: Job) -> list[Written]:
    with Transfer(account) as transfer:
        return transfer.run(jobs)


def refusal(account: Account, *jobs: Job) -> errors.AwsError:
    """The error that a transfer of these jobs ends with."""
    with pytest.raises(TransferFailed) as caught:
        run(account, *jobs)
    return caught.value.error


def body(account: Account, key: str, bucket: str = BUCKET) -> bytes:
    return s3.read_object(account, bucket, MEDIA, key, 10**7)


def test_objects_are_put_copied_and_deleted(account: Account, ledger: Ledger) -> None:
    (first,) = run(account, put(KEY, b"one"))
    assert (first.etag, bool(first.request_id)) == (md5(b"one"), True)
    (second,) = run(account, copy(KEY, KEY, first.etag))
    assert second.etag == first.etag
    head = s3.head_object(account, OTHER_BUCKET, MEDIA, KEY)
    assert (head.content_type, head.cache_control) == ("text/css", "public,max-age=3600")
    assert head.sha256 == s3.head_object(account, BUCKET, MEDIA, KEY).sha256 != ""
    for _ in range(2):
        (gone,) = run(account, Delete(bucket=OTHER_BUCKET, owner=MEDIA, key=KEY))
        assert gone.etag == ""
    with pytest.raises(errors.NotFound):
        s3.head_object(account, OTHER_BUCKET, MEDIA, KEY)
    writes = [call for call in ledger.calls if call.writes]
    assert [call.operation for call in writes] == ["PutObject", "CopyObject", "DeleteObject", "DeleteObject"]
    assert all(
        call.request_id and call.resource.endswith(KEY) and call.account_id == MEDIA for call in writes
    )


def test_request_ids_are_those_of_the_cloud(worker: CloudProcess, account: Account, ledger: Ledger) -> None:
    since = worker.next_call()
    written = run(account, *(put(f"k/{number}.js") for number in range(20)))
    known = {call["request_id"] for call in worker.calls(since, "s3", "PutObject")}
    assert {item.request_id for item in written} == known
    assert {call.request_id for call in ledger.of("PutObject")} == known


def test_batches_use_the_same_connections(account: Account) -> None:
    with Transfer(account, in_flight=4) as transfer:
        for number in range(3):
            assert len(transfer.run(put(f"{number}/{each}.js") for each in range(10))) == 10
        assert transfer.run([]) == []


def test_files_are_sent_in_pieces_and_only_their_slice(account: Account, tmp_path: Path) -> None:
    content = bytes(range(256)) * 2048
    (tmp_path / "spool").write_bytes(content)
    small, large = Slice(tmp_path / "spool", 3, 10), Slice(tmp_path / "spool", 5, len(content) - 5)
    for slice_ in (small, large):
        expected = content[slice_.offset : slice_.offset + slice_.length]
        job = put("k.bin", expected)
        run(account, replace(job, body=slice_))
        assert body(account, "k.bin") == expected


def test_a_file_that_became_shorter_is_not_sent(account: Account, tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(b"short")
    for length in (10, 200_000):
        job = put("k.bin", b"x")
        with pytest.raises(EOFError, match="shorter"):
            run(account, replace(job, body=Slice(tmp_path / "spool", 0, length)))


def test_other_bytes_than_announced_are_refused(account: Account) -> None:
    """AWS: a body that does not match its checksum or its signed hash is refused."""
    job = put("k.js", b"one")
    wrong = replace(job, body=b"two")
    assert refusal(account, wrong).code in {"XAmzContentSHA256Mismatch", "BadDigest"}
    fenced = replace(wrong, if_none_match="*", before_lease_ends=True)
    assert refusal(account, fenced).code == "BadDigest"
    with pytest.raises(errors.NotFound):
        body(account, "k.js")


def test_owners_are_named_on_both_sides(account: Account) -> None:
    (written,) = run(account, put("k.js"))
    good = copy("k.js", "k.js", written.etag)
    assert run(account, good)
    for wrong in (replace(good, owner=SANDBOX), replace(good, source_owner=SANDBOX)):
        assert isinstance(refusal(account, wrong), errors.AccessDenied)
    assert isinstance(refusal(account, put("k.js", owner=SANDBOX)), errors.AccessDenied)
    assert isinstance(refusal(account, Delete(bucket=BUCKET, owner=SANDBOX, key="k.js")), errors.AccessDenied)


def test_a_source_that_changed_or_vanished_is_not_copied(account: Account) -> None:
    (written,) = run(account, put("k.js", b"one"))
    run(account, put("k.js", b"two"))
    assert isinstance(refusal(account, copy("k.js", "k.js", written.etag)), errors.PreconditionFailed)
    assert refusal(account, copy("k.js", "missing.js", written.etag)).code == "NoSuchKey"


@pytest.mark.parametrize("fenced", [False, True])
def test_conditions_hold_on_put_copy_and_delete(account: Account, fenced: bool) -> None:
    (written,) = run(
        account,
        put("index.html", b"one"),
    )
    fence: dict[str, Any] = {"before_lease_ends": fenced}
    old, new = written.etag, md5(b"two")
    source = run(account, put("source", b"two"))[0].etag
    inside = {"bucket": BUCKET, **fence}
    assert isinstance(
        refusal(account, put("index.html", b"x", if_match=new, **fence)), errors.PreconditionFailed
    )
    wrong_copy = copy("index.html", "source", source, if_match=new, **inside)
    assert isinstance(refusal(account, wrong_copy), errors.PreconditionFailed)
    absent_copy = copy("index.html", "source", source, if_none_match="*", **inside)
    assert isinstance(refusal(account, absent_copy), errors.PreconditionFailed)
    wrong_delete = Delete(bucket=BUCKET, owner=MEDIA, key="index.html", if_match=new, **fence)
    assert isinstance(refusal(account, wrong_delete), errors.PreconditionFailed)
    assert body(account, "index.html") == b"one"
    assert run(account, copy("index.html", "source", source, if_match=old, **inside))[0].etag == new
    assert run(account, put("index.html", b"one", if_match=new, **fence))[0].etag == old
    assert run(account, put("fresh.html", b"one", if_none_match="*", **fence))
    assert run(account, copy("fresh2.html", "source", source, if_none_match="*", **inside))
    right_delete = Delete(bucket=BUCKET, owner=MEDIA, key="index.html", if_match=old, **fence)
    for _ in range(2):
        assert run(account, right_delete)


def test_a_fenced_write_is_not_forgiven_for_equal_content(account: Account) -> None:
    """Only what is written once and for all may turn out to have been written already."""
    run(account, put("index.html", b"one"))
    fenced = put("index.html", b"one", if_none_match="*", before_lease_ends=True)
    assert type(refusal(account, fenced)) is errors.PreconditionFailed
    assert run(account, put("index.html", b"one", if_none_match="*"))


def test_a_fenced_write_ends_before_the_lease(worker: CloudProcess, open_account: Open) -> None:
    """The signature of a write that must not be late is over before the lease is."""
    seen: list[int] = []

    class Watched(FakeLease):
        def seconds_left(self) -> float:
            seen.append(1)
            return super().seconds_left()

    lease = Watched(seconds=14.9)
    with Transfer(open_account(lease=lease)) as transfer:
        assert transfer._fence() == 12
        lease.seconds = 1000
        assert transfer._fence() == 60
        lease.seconds = 2.5
        with pytest.raises(LeaseLost):
            transfer._fence()


@pytest.mark.parametrize("kind", ["put", "copy", "delete"])
def test_a_late_fenced_write_is_refused_by_s3(open_account: Open, account: Account, kind: str) -> None:
    """A process that is stopped between signing and sending: AWS refuses the signature of back then, and it is not made anew."""
    (written,) = run(account, put("index.html", b"one"))
    late = open_account(session_name="stopped", lease=FakeLease(seconds=15))
    late.clock.observe(formatdate(time.time() - 60, usegmt=True))
    jobs: dict[str, Job] = {
        "put": put("index.html", b"two", if_match=written.etag, before_lease_ends=True),
        "copy": copy(
            "index.html",
            "index.html",
            written.etag,
            bucket=BUCKET,
            before_lease_ends=True,
            if_match=written.etag,
        ),
        "delete": Delete(
            bucket=BUCKET, owner=MEDIA, key="index.html", if_match=written.etag, before_lease_ends=True
        ),
    }
    assert isinstance(refusal(late, jobs[kind]), errors.SignatureExpired)
    assert body(account, "index.html") == b"one"


def test_a_conflict_is_repeated_unless_the_write_is_fenced(
    worker: CloudProcess, account: Account, ledger: Ledger
) -> None:
    worker.faults("s3", "PutObject", "error", status=409, code="ConditionalRequestConflict", count=1)
    assert run(account, put("a.js", if_none_match="*"))
    assert [call.status for call in ledger.of("PutObject")] == [409, 200]
    worker.faults("s3", "PutObject", "error", status=409, code="ConditionalRequestConflict", count=1)
    fenced = put("index.html", if_none_match="*", before_lease_ends=True)
    assert isinstance(refusal(account, fenced), errors.ConditionalConflict)


def test_throttles_errors_and_lost_answers_are_outlasted(
    worker: CloudProcess, account: Account, ledger: Ledger
) -> None:
    worker.faults("s3", "PutObject", "error", status=503, code="SlowDown", rate=0.3)
    worker.faults("s3", "PutObject", "error", status=500, code="InternalError", rate=0.1)
    worker.faults("s3", "PutObject", "lost_reply", rate=0.05)
    jobs = [put(f"k/{number}.js", str(number).encode(), if_none_match="*") for number in range(200)]
    written = run(account, *jobs)
    assert {item.job.key: item.etag for item in written} == {job.key: md5(bytes(job.body)) for job in jobs}  # type: ignore[arg-type]
    assert {call.status for call in ledger.of("PutObject")} >= {0, 200, 500, 503}
    assert any(call.throttled for call in ledger.calls)
    worker.clear_faults()
    assert len(list(s3.list_objects(account, BUCKET, MEDIA, "k/"))) == 200


def test_a_lost_answer_of_a_write_that_is_made_once_is_settled_by_a_look(
    worker: CloudProcess, account: Account, ledger: Ledger
) -> None:
    worker.faults("s3", "PutObject", "lost_reply", count=1)
    (written,) = run(account, put("k.js", b"one", if_none_match="*"))
    assert written.etag == md5(b"one")
    assert [(call.operation, call.status) for call in ledger.calls if call.service == "s3"] == [
        ("PutObject", 0),
        ("PutObject", 412),
        ("HeadObject", 200),
    ]


def test_a_lost_answer_of_a_fenced_write_ends_the_attempt(worker: CloudProcess, account: Account) -> None:
    """Its own write has changed the ETag: only a new look at the bucket may decide."""
    (written,) = run(account, put("index.html", b"one"))
    worker.faults("s3", "PutObject", "lost_reply", count=1)
    fenced = put("index.html", b"two", if_match=written.etag, before_lease_ends=True)
    assert isinstance(refusal(account, fenced), errors.PreconditionFailed)
    assert body(account, "index.html") == b"two"


def test_credentials_that_expire_in_the_middle_are_renewed_once_for_all(
    worker: CloudProcess, account: Account
) -> None:
    worker.faults("s3", "PutObject", "expired", count=30)
    since = worker.next_call()
    with Transfer(account, in_flight=32) as transfer:
        assert len(transfer.run(put(f"k/{number}.js") for number in range(200))) == 200
    assert 1 <= len(worker.calls(since, "sts", "AssumeRole")) <= 2


def test_a_revoked_session_is_renewed(worker: CloudProcess, account: Account) -> None:
    with Transfer(account, in_flight=8) as transfer:
        transfer.run([put("a.js")])
        worker.reset()
        assert len(transfer.run(put(f"k/{number}.js") for number in range(50))) == 50


def test_credentials_that_stay_refused_are_an_error(worker: CloudProcess, account: Account) -> None:
    worker.faults("s3", "PutObject", "expired", rate=1)
    assert isinstance(refusal(account, put("a.js")), errors.ExpiredCredentials)


def test_the_first_failure_is_raised_with_what_was_written(worker: CloudProcess, account: Account) -> None:
    jobs: list[Job] = [put(f"k/{number}.js") for number in range(60)]
    jobs[30] = put("foreign.js", owner=SANDBOX)
    with (
        Transfer(account, in_flight=8) as transfer,
        pytest.raises(TransferFailed, match=r"foreign\.js") as caught,
    ):
        transfer.run(jobs)
    failed = caught.value
    assert isinstance(failed.error, errors.AccessDenied)
    assert failed.job.key == "foreign.js"
    assert 0 < len(failed.written) < 59
    assert len(pickle.loads(pickle.dumps(failed)).written) == len(failed.written)
    there = {item.key for item in s3.list_objects(account, BUCKET, MEDIA, "k/")}
    assert there == {item.job.key for item in failed.written}


def test_a_lease_that_is_lost_in_the_middle_stops_at_once(
    worker: CloudProcess, open_account: Open, ledger: Ledger
) -> None:
    lease = FakeLease()
    account = open_account(lease=lease)
    lease.questions = len(lease.asked) + 40
    with Transfer(account, in_flight=8) as transfer, pytest.raises(LeaseLost):
        transfer.run(put(f"k/{number}.js") for number in range(500))
    assert len(ledger.of("PutObject")) <= 40


def test_a_short_lease_is_waited_for_without_stopping_the_others(open_account: Open) -> None:
    """While the lease waits for its renewal, answers of other jobs are still taken."""

    class Renewed(FakeLease):
        def ensure(self, seconds: float) -> None:
            super().ensure(seconds)
            if self.seconds < seconds:
                time.sleep(0.05)
                self.seconds = 20

    lease = Renewed(seconds=20)
    account = open_account(lease=lease)
    lease.seconds = 5
    with Transfer(account, in_flight=4) as transfer:
        assert len(transfer.run(put(f"k/{number}.js") for number in range(20))) == 20


def test_jobs_are_taken_only_as_places_become_free(account: Account) -> None:
    taken: list[int] = []

    def jobs() -> Any:
        for number in range(100):
            taken.append(number)
            yield put("foreign.js", owner=SANDBOX) if number == 0 else put(f"k/{number}.js")

    with Transfer(account, in_flight=4) as transfer, pytest.raises(TransferFailed):
        transfer.run(jobs())
    assert len(taken) < 50
