"""Keeping the code that functions have before it is replaced: what the console did not deploy lies nowhere else."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from aws.access import Account as Door
from aws.errors import NotFound
from aws.fanout import Transfer
from aws.function_code import fetch_code
from aws.jobs import Put, Slice
from deployments.models import HandlerChange
from deployments.steps.fleets.code import code_key, put_of, record_puts
from deployments.steps.fleets.reach import BackEnd
from deployments.steps.fleets.replicate import copies_there
from runs.steps import StepContext

AT_ONCE = 8
"""Zips that lie on disk at the same time; each has at most 250 MB."""


def keep_found(context: StepContext, back: BackEnd, door: Door) -> int:
    """Copy found code that the back end's bucket lacks from Lambda into it; says how many. What is gone is left out."""
    due, kept = _unkept(back, door), 0
    context.progress(done=0, total=len(due))
    with (
        TemporaryDirectory(prefix="found-code-") as folder,
        ThreadPoolExecutor(AT_ONCE) as threads,
        Transfer(door) as transfer,
    ):

        def fetch(change: HandlerChange) -> Put | None:
            return _fetched(back, door, change, Path(folder))

        for batch in _batches(due):
            puts = [put for put in threads.map(fetch, batch) if put]
            written = transfer.run(puts)
            with context.transaction():
                record_puts(back.account, written)
            for put in puts:
                _path(Path(folder), put.sha256).unlink()
            kept += len(puts)
            context.progress(done=kept)
    return kept


def _unkept(back: BackEnd, door: Door) -> list[HandlerChange]:
    """Handlers whose found code no bucket holds that Lambda loads from, one for each content."""
    there = copies_there(door, back)
    found = {found_code(change): change for change in back.changes.values()}
    return [change for sha256, change in found.items() if sha256 not in there]


def found_code(change: HandlerChange) -> str:
    """The digest of the code that the deployment found in `$LATEST`."""
    return str((change.before or {})["sha256"])


def _batches(due: Sequence[HandlerChange]) -> Iterator[Sequence[HandlerChange]]:
    for start in range(0, len(due), AT_ONCE):
        yield due[start : start + AT_ONCE]


def _fetched(back: BackEnd, door: Door, change: HandlerChange, folder: Path) -> Put | None:
    """None when the function is gone, or has other code by now: its own step says so."""
    sha256 = found_code(change)
    path = _path(folder, sha256)
    try:
        if not fetch_code(door, back.function(change.name), sha256, path):
            return None
    except NotFound:
        return None
    key = code_key(back.environment.product.slug, change.name, sha256)
    body = Slice(path, 0, path.stat().st_size)
    return put_of(back.account, back.environment.code_bucket, key, sha256, body)


def _path(folder: Path, sha256: str) -> Path:
    return folder / f"{sha256}.zip"
