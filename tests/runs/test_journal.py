"""What a step tells, gathered: AWS calls become counts, ids and lines."""

from dataclasses import dataclass

from aws.lease import Call
from runs.counters import key
from runs.journal import Journal, Line


@dataclass(frozen=True)
class Written:
    journal: Journal

    def put(self, number: int, code: str = "", throttled: bool = False, writes: bool = True) -> None:
        call = Call(
            service="s3",
            operation="PutObject" if writes else "ListObjectsV2",
            account_id="123456789012",
            resource=f"bucket/{number}",
            request_id=f"R{number}",
            status=503 if code else 200,
            code=code,
            attempt=1,
            throttled=throttled,
            writes=writes,
        )
        self.journal.call(call)


def test_few_writes_are_told_one_by_one() -> None:
    journal = Journal([])
    Written(journal).put(1)
    Written(journal).put(2, code="AccessDenied")

    assert journal.take().lines == [
        Line("call", "s3 PutObject bucket/1", "R1"),
        Line("call", "s3 PutObject bucket/2: AccessDenied (HTTP 503)", "R2"),
    ]
    assert journal.take().lines == []


def test_many_writes_are_told_in_few_lines_that_hold_every_request_id() -> None:
    journal = Journal([])
    for number in range(120):
        Written(journal).put(number)
    lines = journal.take().lines

    assert [line.text.split(" Request ids: ")[0] for line in lines] == [
        "s3 PutObject, 50 calls.",
        "s3 PutObject, 50 calls.",
        "s3 PutObject, 20 calls.",
    ]
    told = " ".join(line.text.split(" Request ids: ")[1] for line in lines).split()
    assert told == [f"R{number}" for number in range(120)]


def test_reads_are_counted_and_told_only_when_they_fail() -> None:
    journal = Journal([])
    Written(journal).put(1, writes=False)
    Written(journal).put(2, writes=False, code="SlowDown", throttled=True)
    batch = journal.take()

    assert [line.text for line in batch.lines] == ["s3 ListObjectsV2 bucket/2: SlowDown (HTTP 503)"]
    assert batch.amounts == {
        key("aws_calls", service="s3", operation="ListObjectsV2"): 2,
        key("aws_throttles", service="s3", operation="ListObjectsV2"): 1,
    }
    assert (journal.calls, journal.writes, journal.throttles) == (2, 0, 1)
    assert journal.request_ids() == []


def test_the_first_and_last_request_ids_are_kept_over_attempts() -> None:
    journal = Journal([f"R{number}" for number in range(30)], calls=30, writes=30)
    for number in range(30, 500):
        Written(journal).put(number)

    ids = journal.request_ids()
    assert ids == [f"R{number}" for number in [*range(20), *range(420, 500)]]
    assert journal.writes == 500


def test_a_line_comes_after_the_calls_before_it_and_a_batch_can_be_put_back() -> None:
    journal = Journal([])
    Written(journal).put(1)
    journal.line("info", "one done")
    batch = journal.take()
    journal.line("info", "later")
    journal.put_back(batch)

    again = journal.take()
    assert [line.text for line in again.lines] == ["s3 PutObject bucket/1", "one done", "later"]
    assert sum(again.amounts.values()) == 1
