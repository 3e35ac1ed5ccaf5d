"""What a step function is given."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now

from runs import counters
from runs.journal import AwsCall, Batch, Journal, storable
from runs.lease import Lease, LeaseLost, clock
from runs.models import Run, RunStep, StepLine

SAVE_SECONDS = 0.5


class StepContext:
    """The step under way: its rows as claimed, its lease, and where it tells how far it is.

    `log` and `progress` save at most twice a second, and only from the step's own thread outside of an event
    loop; from elsewhere they are saved with the next batch. `call` may come from anywhere.
    """

    def __init__(self, run: Run, step: RunStep, lease: Lease) -> None:
        self.run = run
        self.step = step
        self.lease = lease
        self._journal = Journal(list(step.request_ids), step.calls, step.writes, step.throttles)
        self._thread = threading.current_thread()
        self._saved_at = 0.0

    def output_of(self, step_name: str) -> dict[str, Any]:
        """The output of an earlier step of this Run; raises KeyError when it has no step of that name."""
        found = self.run.steps.filter(name=step_name).values_list("output", flat=True).first()
        if found is None:
            raise KeyError(f"Run {self.run.pk} has no step {step_name!r}.")
        return dict(found)

    def log(self, text: str, level: str = "info", request_id: str = "") -> None:
        """Add a line to the step's log. Levels: info, warn, error, call."""
        self._journal.line(level, text, request_id)
        self._save_sometimes()

    def progress(
        self,
        done: int | None = None,
        total: int | None = None,
        bytes_done: int | None = None,
        bytes_total: int | None = None,
        note: str | None = None,
    ) -> None:
        """Say how far the step is, in objects and bytes; what is None stays. Raises LeaseLost."""
        given = {"done": done, "total": total, "bytes_done": bytes_done, "bytes_total": bytes_total}
        for name, value in given.items():
            if value is not None:
                setattr(self.step, name, value)
        if note is not None:
            self.step.note = storable(note)[:300]
        self._save_sometimes()

    def call(self, call: AwsCall) -> None:
        """Note one AWS call: counted, and told in the log when it wrote or failed."""
        self._journal.call(call)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A transaction that writes only while the lease is ours; nobody can take it before the end. Raises LeaseLost."""
        with transaction.atomic():
            held = Run.objects.select_for_update(of=("self",)).filter(
                pk=self.run.pk, lease_token=self.run.lease_token, lease_until__gt=Now()
            )
            if not held.exists():
                self.lease.lose()
                raise LeaseLost
            yield

    def counts(self) -> dict[str, Any]:
        """The step's columns that tell how far it is."""
        names = ("done", "total", "bytes_done", "bytes_total", "note")
        journal = self._journal
        told = {"calls": journal.calls, "writes": journal.writes, "throttles": journal.throttles}
        return (
            {name: getattr(self.step, name) for name in names} | told | {"request_ids": journal.request_ids()}
        )

    @contextmanager
    def saving(self) -> Iterator[None]:
        """Write the gathered lines and amounts, then the block, all in one transaction or not at all."""
        batch = self._journal.take()
        try:
            with transaction.atomic():
                yield
                self._write(batch)
        except BaseException:
            self._journal.put_back(batch)
            raise

    def _write(self, batch: Batch) -> None:
        StepLine.objects.bulk_create(
            StepLine(step=self.step, level=line.level, text=line.text, request_id=line.request_id)
            for line in batch.lines
        )
        counters.add(batch.amounts)

    def _save_sometimes(self) -> None:
        if clock() - self._saved_at < SAVE_SECONDS or not self._may_save():
            return
        self._saved_at = clock()
        try:
            self._save()
        except DatabaseError:
            # The database restarts. What was gathered is kept; the lease says how long that may take.
            connection.close()
            self.lease.check()

    def _save(self) -> None:
        ours = RunStep.objects.filter(
            pk=self.step.pk, run__lease_token=self.run.lease_token, run__lease_until__gt=Now()
        )
        with self.saving():
            if not ours.update(**self.counts()):
                self.lease.lose()
                raise LeaseLost

    def _may_save(self) -> bool:
        if threading.current_thread() is not self._thread or connection.in_atomic_block:
            return False
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return True
        return False
