"""Many writes to S3 at the same time, through one event loop.

boto3 is CPU-bound at some hundred requests a second; this does some thousands, with the same typed errors, the same
questions to the lease and the same record of each attempt.
"""

import asyncio
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import uvloop
from botocore.credentials import ReadOnlyCredentials

from aws.access import Account
from aws.boto import ATTEMPT_SECONDS, READ_SECONDS
from aws.calls import PATIENCE_SECONDS, Answer, Patience, noted
from aws.channel import Address, Channel, Reply, address_of, failure
from aws.errors import (
    AwsError,
    ClockSkewed,
    ConditionalConflict,
    ExpiredCredentials,
    NotFound,
    OtherContent,
    PreconditionFailed,
    Subject,
)
from aws.jobs import NO_BODY, Copy, Delete, Job, Put, Written
from aws.lease import LeaseLost
from aws.signing import Signer

IN_FLIGHT = 160
"""AWS: a prefix takes 3,500 writes a second. At 45 ms this many reach that; see docs/adr/0007."""
MARGIN_SECONDS = 2
"""A signature that must not outlive the lease ends this much before it: AWS's clock is known to about a second."""
LONGEST_SIGNATURE = 60


class TransferFailed(Exception):
    """A job failed for good. `error` is the first failure; `written` is what S3 carried out before the end."""

    def __init__(self, error: AwsError, job: Job, written: list[Written]) -> None:
        self.error, self.job, self.written = error, job, written
        super().__init__(error, job, written)

    def __str__(self) -> str:
        return str(self.error)


@dataclass(slots=True)
class _Batch:
    """What the workers of one run share. `enough` is set when `size` of them wait to be given."""

    jobs: Iterator[Job]
    size: int
    written: list[Written] = field(default_factory=list)
    failure: tuple[AwsError, Job] | None = None
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, written: Written) -> None:
        self.written.append(written)
        if len(self.written) >= self.size:
            self.enough.set()

    def take(self) -> list[Written]:
        """What was carried out since the last time."""
        taken, self.written = self.written, []
        self.enough.clear()
        return taken


class Transfer:
    """Carries out batches of jobs, at most `in_flight` at a time, over connections that stay open between batches.

    A job that AWS throttles waits in its place, so fewer are in flight the more AWS throttles. For one thread.
    """

    def __init__(
        self, account: Account, *, in_flight: int = IN_FLIGHT, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._account, self._in_flight, self._patience = account, in_flight, patience_seconds
        self._endpoint: str = account.client("s3").meta.endpoint_url
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._renewing = asyncio.Lock()

    def __enter__(self) -> Self:
        self._channel = self._runner.run(self._open())
        return self

    async def _open(self) -> Channel:
        return Channel(self._endpoint, self._in_flight, self._account.ca_bundle)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runner.run(self._channel.close())
        self._runner.close()

    def run(self, jobs: Iterable[Job]) -> list[Written]:
        """Carry out all `jobs` and say what S3 answered. Raises as `stream` does; its TransferFailed has all that was written."""
        return [written for batch in self.stream(jobs, sys.maxsize) for written in batch]

    def stream(self, jobs: Iterable[Job], size: int) -> Iterator[list[Written]]:
        """Carry out all `jobs`, in any order, and give what S3 carried out, about `size` at a time.

        The others are not waited for: those in flight are at S3 meanwhile, and their answers are read afterwards, so
        the caller must be back in less than a read may take (`READ_SECONDS`).

        The jobs are taken from the iterable only as places become free. Raises TransferFailed with the first failure,
        after the jobs in flight have ended, and with what was not given yet; what the lease raises, at once. Fenced
        jobs (`before_lease_ends`) are not repeated after 412, 409 or an expired signature.
        """
        self._credentials = self._account.credentials()
        batch = _Batch(iter(jobs), size)
        all_of_it = self._runner.run(self._start(batch))
        try:
            while not all_of_it.done() or batch.written or batch.failure:
                yield self._runner.run(self._some(batch, all_of_it))
        finally:
            self._runner.run(self._stop(all_of_it))

    async def _start(self, batch: _Batch) -> "asyncio.Task[None]":
        return asyncio.create_task(self._all(batch))

    async def _all(self, batch: _Batch) -> None:
        workers = [asyncio.create_task(self._work(batch)) for _ in range(self._in_flight)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _some(self, batch: _Batch, all_of_it: "asyncio.Task[None]") -> list[Written]:
        """What S3 carried out next: as soon as it is enough, or all that is left."""
        enough = asyncio.create_task(batch.enough.wait())
        await asyncio.wait([enough, all_of_it], return_when=asyncio.FIRST_COMPLETED)
        enough.cancel()
        if all_of_it.done():
            all_of_it.result()
            if batch.failure:
                error, job = batch.failure
                raise TransferFailed(error, job, batch.take()) from error
        return batch.take()

    async def _stop(self, all_of_it: "asyncio.Task[None]") -> None:
        all_of_it.cancel()
        await asyncio.gather(all_of_it, return_exceptions=True)

    async def _work(self, batch: _Batch) -> None:
        for job in batch.jobs:
            try:
                batch.add(await self._carry_out(job, batch))
            except AwsError as error:
                batch.failure = batch.failure or (error, job)
            if batch.failure:
                return

    async def _carry_out(self, job: Job, batch: _Batch) -> Written:
        """One job to its end. Raises AwsError when no further attempt is due."""
        patience, attempt, renewed = Patience(self._patience), 1, False
        while True:
            await self._hold_lease()
            credentials = self._credentials
            try:
                return await self._attempt(job, attempt, credentials)
            except ExpiredCredentials:
                if renewed:
                    raise
                renewed = True
                await self._renew(credentials)
            except AwsError as error:
                pause = patience.pause(attempt) if _is_repeated(error, job) else None
                if pause is None or batch.failure:
                    raise
                await asyncio.sleep(pause)
            attempt += 1

    async def _hold_lease(self) -> None:
        """Ask the lease; where it must wait for its renewal, the other jobs go on."""
        lease = self._account.lease
        if lease.seconds_left() >= ATTEMPT_SECONDS:
            lease.ensure(ATTEMPT_SECONDS)
        else:
            await asyncio.to_thread(lease.ensure, ATTEMPT_SECONDS)

    async def _renew(self, refused: ReadOnlyCredentials) -> None:
        async with self._renewing:
            if self._credentials is refused:
                await asyncio.to_thread(self._account.renew, refused)
                self._credentials = await asyncio.to_thread(self._account.credentials)

    async def _attempt(self, job: Job, attempt: int, credentials: ReadOnlyCredentials) -> Written:
        subject = Subject("s3", job.operation, self._account.account_id, f"{job.bucket}/{job.key}")
        try:
            reply = await self._ask(subject, job, credentials)
        except AwsError as error:
            self._account.record(noted(subject, attempt, True, error))
            return await self._forgive(job, credentials, error)
        self._account.record(noted(subject, attempt, True, Answer(reply.request_id, reply.status)))
        return _written(subject, job, reply)

    async def _ask(self, subject: Subject, job: Job, credentials: ReadOnlyCredentials) -> Reply:
        """Send the job once, signed for as long as it may take effect."""
        address, signer = self._signer(job.bucket, credentials)
        path = address.path(job.key)
        if not job.before_lease_ends:
            headers = signer.in_header(job.method, address.host, path, job.headers(), job.body_sha256)
            reply = await self._channel.send(subject, job.method, address.origin + path, headers, job.body)
        else:
            query, headers = signer.in_query(job.method, address.host, path, job.headers(), self._fence())
            url = f"{address.origin}{path}?{query}"
            reply = await self._channel.send(subject, job.method, url, headers, job.body, READ_SECONDS)
        return self._checked(subject, reply)

    def _signer(self, bucket: str, credentials: ReadOnlyCredentials) -> tuple[Address, Signer]:
        signer = Signer(credentials, self._account.region, self._account.clock.now())
        return address_of(self._endpoint, bucket), signer

    def _checked(self, subject: Subject, reply: Reply) -> Reply:
        error = failure(subject, reply)
        if error is None:
            return reply
        if isinstance(error, ClockSkewed):
            self._account.clock.observe(reply.header("date"))
        raise error

    def _fence(self) -> int:
        """Whole seconds for which a signature may hold: it ends before the lease, whatever happens to this process."""
        seconds = int(min(LONGEST_SIGNATURE, self._account.lease.seconds_left() - MARGIN_SECONDS))
        if seconds < 1:
            raise LeaseLost("The lease ends before S3 could answer. The work goes on under a new one.")
        return seconds

    async def _forgive(self, job: Job, credentials: ReadOnlyCredentials, error: AwsError) -> Written:
        """Success after all, where S3's refusal means that the wish is fulfilled; else raises `error`."""
        if isinstance(job, Delete) and isinstance(error, NotFound) and error.code == "NoSuchKey":
            return Written(job, "", error.request_id)
        if isinstance(job, Put) and job.once and isinstance(error, PreconditionFailed):
            return await self._settle(job, credentials, error)
        raise error

    async def _settle(self, job: Put, credentials: ReadOnlyCredentials, error: AwsError) -> Written:
        """A write-once object exists. With the same content it is our own earlier try; else raises OtherContent.

        AWS: HeadObject tells checksums only with x-amz-checksum-mode: ENABLED.
        """
        subject = Subject("s3", "HeadObject", self._account.account_id, f"{job.bucket}/{job.key}")
        address, signer = self._signer(job.bucket, credentials)
        path = address.path(job.key)
        wanted = {"x-amz-checksum-mode": "ENABLED", "x-amz-expected-bucket-owner": job.owner}
        headers = signer.in_header("HEAD", address.host, path, wanted, NO_BODY)
        reply = await self._channel.send(subject, "HEAD", address.origin + path, headers)
        found = self._checked(subject, reply)
        self._account.record(noted(subject, 1, False, Answer(found.request_id, found.status)))
        if found.sha256 != job.sha256:
            raise OtherContent(
                error.subject, code=error.code, message=error.message, request_id=error.request_id
            )
        return _written(subject, job, found)


def _written(subject: Subject, job: Job, reply: Reply) -> Written:
    """What S3 has carried out. Raises OtherContent when a copy is not what it was to be."""
    written = Written(job, reply.etag, reply.request_id, reply.header("x-amz-version-id"), reply.sha256)
    if isinstance(job, Copy) and job.sha256 and job.sha256 != written.sha256:
        raise OtherContent(
            subject,
            code="ChecksumMismatch",
            message=f"the copy's sha256 is {written.sha256 or 'not told'}, not {job.sha256}",
            request_id=reply.request_id,
        )
    return written


def _is_repeated(error: AwsError, job: Job) -> bool:
    """Whether to make the job's next attempt.

    AWS: 409 ConditionalRequestConflict asks for another attempt. A fenced job does not make it: only a look at the
    bucket under a new lease may decide again. After a skewed clock the next signature has AWS's own time.
    """
    conflict = isinstance(error, ConditionalConflict) and not job.before_lease_ends
    return error.may_pass or conflict or isinstance(error, ClockSkewed)
