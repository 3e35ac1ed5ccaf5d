"""How the code of handlers lies in buckets: each zip once, by its content, on record with its version."""

from collections.abc import Iterable

from aws.jobs import Body, Put, Written
from deployments.models import CodeCopy
from products.models import Account

ZIP = "application/zip"
NOT_CACHED = "no-cache"


def code_key(slug: str, name: str, sha256: str) -> str:
    """Where a handler's zip lies in every bucket: by content, so that what did not change is not copied again."""
    return f"handlers/{slug}/{name}/{sha256}.zip"


def put_of(account: Account, bucket: str, key: str, sha256: str, body: Body) -> Put:
    """Write a zip where none lies yet; one that lies there already must have the same bytes."""
    return Put(
        bucket=bucket,
        owner=account.aws_id,
        key=key,
        body=body,
        content_type=ZIP,
        cache_control=NOT_CACHED,
        sha256=sha256,
        if_none_match="*",
    )


def record_puts(account: Account, written: Iterable[Written]) -> None:
    """Keep on record what was written into a bucket of the account; in the caller's transaction."""
    for item in written:
        assert isinstance(item.job, Put)
        CodeCopy.objects.update_or_create(
            bucket=item.job.bucket,
            sha256=item.job.sha256,
            defaults={
                "account": account,
                "key": item.job.key,
                "version_id": item.version_id,
                "size": len(item.job.body),
            },
        )
