"""Writing a manifest's files into an environment's bucket, and keeping what was written on record."""

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain

from django.db import connection

from aws.access import Account as Door
from aws.fanout import Transfer, TransferFailed
from aws.jobs import Copy, Delete, Job, Put, Written
from aws.s3 import list_objects
from deployments.manifest import CONFIG, FileEntry
from deployments.models import Delivered
from deployments.steps.wish import Wish
from deployments.writing import Recorded
from products.models import Environment
from runs.steps import StepContext

BATCH = 1000
MOST_FOLDERS = 3

SAVE = """
INSERT INTO deployments_delivered (environment_id, key, etag, sha256, content_type, cache_control)
SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
ON CONFLICT (environment_id, key) DO UPDATE SET etag = excluded.etag, sha256 = excluded.sha256,
  content_type = excluded.content_type, cache_control = excluded.cache_control, at = statement_timestamp()
"""


def listing(door: Door, environment: Environment) -> dict[str, str]:
    """Key to ETag of every object in the environment's bucket. One request per thousand."""
    owner = environment.frontend_account.aws_id
    return {found.key: found.etag for found in list_objects(door, environment.bucket, owner)}


def listing_around(door: Door, environment: Environment, keys: Iterable[str]) -> dict[str, str]:
    """The same of at least these keys: only of the folders they lie in, as long as these are few."""
    folders = {key[: key.rfind("/") + 1] for key in keys}
    if len(folders) > MOST_FOLDERS:
        return listing(door, environment)
    owner, bucket = environment.frontend_account.aws_id, environment.bucket
    pages = (list_objects(door, bucket, owner, folder, deep=False) for folder in sorted(folders))
    return {found.key: found.etag for found in chain.from_iterable(pages)}


def recorded(environment: Environment, keys: Collection[str] | None = None) -> dict[str, Recorded]:
    """What we last wrote, by key; only to `keys` where they are given."""
    rows = Delivered.objects.filter(environment=environment)
    if keys is not None:
        rows = rows.filter(key__in=keys)
    columns = rows.values_list("key", "etag", "sha256", "content_type", "cache_control")
    return {key: Recorded(*rest) for key, *rest in columns.iterator(chunk_size=5000)}


def write_job(wish: Wish, file: FileEntry, listed: Mapping[str, str], *, fenced: bool) -> Job:
    """The job that brings one file to its key.

    Fenced: only if the key still holds what was just listed, and only before the lease ends. An ETag alone is
    no fence, because it is a hash of content and comes back with a rollback.
    """
    environment = wish.environment
    etag = listed.get(file.path, "")
    conditions = {"if_match": etag, "if_none_match": "" if etag else "*", "before_lease_ends": True}
    common = {
        "bucket": environment.bucket,
        "owner": environment.frontend_account.aws_id,
        "key": file.path,
        "content_type": file.content_type,
        "cache_control": file.cache_control,
        **(conditions if fenced else {}),
    }
    if file.path == CONFIG and wish.config_body is not None:
        return Put(body=wish.config_body, sha256=file.sha256, **common)  # type: ignore[arg-type]
    return Copy(
        source_bucket=wish.archive_bucket,
        source_owner=wish.archive_account.aws_id,
        source_key=wish.artifact.prefix + file.path,
        source_etag=file.md5,
        **common,  # type: ignore[arg-type]
    )


def delete_job(environment: Environment, key: str, etag: str) -> Delete:
    owner = environment.frontend_account.aws_id
    return Delete(bucket=environment.bucket, owner=owner, key=key, if_match=etag, before_lease_ends=True)


def deliver(
    context: StepContext,
    door: Door,
    wish: Wish,
    groups: Sequence[Sequence[FileEntry]],
    listed: Mapping[str, str],
    unfenced: Container[str] = (),
) -> int:
    """Write the files, each group when the one before is written. Says how many.

    Fenced are all but `unfenced`. What was written is saved by the thousand, while others are on their way.
    """
    files = [file for group in groups for file in group]
    context.progress(done=0, total=len(files), bytes_done=0, bytes_total=sum(file.size for file in files))
    done = moved = 0
    if not files:
        return 0

    def keep(written: Sequence[Written]) -> None:
        nonlocal done, moved
        save(context, wish, written)
        done += len(written)
        moved += sum(wish.served.by_path[item.job.key].size for item in written)
        context.progress(done=done, bytes_done=moved)

    with Transfer(door) as transfer:
        for group in groups:
            jobs = (write_job(wish, file, listed, fenced=file.path not in unfenced) for file in group)
            carry_out(transfer, jobs, keep)
    return done


def carry_out(transfer: Transfer, jobs: Iterable[Job], keep: Callable[[Sequence[Written]], None]) -> None:
    """Do the jobs and `keep` what S3 carried out, also where it stops in the middle."""
    try:
        for written in transfer.stream(jobs, BATCH):
            keep(written)
    except TransferFailed as failed:
        keep(failed.written)
        raise


def save(context: StepContext, wish: Wish, written: Sequence[Written]) -> None:
    """Record what S3 answered, as long as the lease is ours."""
    with context.transaction():
        _save(wish, written)


def _save(wish: Wish, written: Sequence[Written]) -> None:
    files = [wish.served.by_path[item.job.key] for item in written]
    columns = [
        [file.path for file in files],
        [item.etag for item in written],
        [file.sha256 for file in files],
        [file.content_type for file in files],
        [file.cache_control for file in files],
    ]
    with connection.cursor() as cursor:
        cursor.execute(SAVE, [wish.environment.pk, *columns])


def remove(
    context: StepContext, transfer: Transfer, environment: Environment, etags: Mapping[str, str]
) -> None:
    """Delete these keys, each only while it has this ETag, and their records with them."""
    jobs = (delete_job(environment, key, etag) for key, etag in etags.items())
    carry_out(transfer, jobs, partial(_forget, context, environment))


def _forget(context: StepContext, environment: Environment, written: Sequence[Written]) -> None:
    gone = [item.job.key for item in written]
    with context.transaction():
        Delivered.objects.filter(environment=environment, key__in=gone).delete()
