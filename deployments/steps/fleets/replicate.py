"""Bringing the code of handlers into the account that runs them: pinned to versions, checked on both sides, on record."""

from collections.abc import Iterable, Mapping

from django.db.models import QuerySet

from aws.access import Account as Door
from aws.errors import OtherContent
from aws.fanout import Transfer, TransferFailed
from aws.jobs import Copy, Written, in_base64
from aws.s3 import ListedVersion, head_object, list_versions
from deployments.models import CodeCopy, HandlerChange
from deployments.steps.fleets.code import NOT_CACHED, ZIP, code_key
from deployments.steps.fleets.reach import BackEnd, open_fleet
from products.door import aws_step
from products.models import Account
from runs.steps import Done, StepContext, StepFailed, Wait

BATCH = 100


@aws_step
def replicate(context: StepContext) -> Done | Wait:
    """Copy what the back end's bucket lacks out of the product's. What an earlier try copied is found and kept.

    Of handlers with a published version of their code nothing is loaded any more.
    """
    back = BackEnd.of(context)
    product, bucket = back.environment.product, back.environment.code_bucket
    door = open_fleet(context, back.account)
    there = _there(door, back.account, bucket, product.slug)
    _adopt(context, door, back, there)
    missing = _missing(back, there)
    sources = _sources(back, missing)
    context.progress(done=0, total=len(missing))
    copied = 0

    def keep(written: list[Written]) -> None:
        nonlocal copied
        with context.transaction():
            _record(back, written, sources)
        copied += len(written)
        context.progress(done=copied)

    with Transfer(door) as transfer:
        try:
            for written in transfer.stream(
                (_job(back, change, sources[change.sha256]) for change in missing), BATCH
            ):
                keep(written)
        except TransferFailed as failed:
            keep(failed.written)
            raise _named(failed, missing) from failed
    return Done({"copied": copied, "there": len(_loaded(back)) - copied})


def _loaded(back: BackEnd) -> list[HandlerChange]:
    return [change for change in back.changes.values() if not change.version]


Versions = Mapping[tuple[str, str], ListedVersion]


def _there(door: Door, account: Account, bucket: str, slug: str) -> Versions:
    found = list_versions(door, bucket, account.aws_id, f"handlers/{slug}/")
    return {(one.key, one.version_id): one for one in found}


def _adopt(context: StepContext, door: Door, back: BackEnd, there: Versions) -> None:
    """What lies there without a record was copied by a try that died before it could note it: look, and note it."""
    product, bucket, account = back.environment.product, back.environment.code_bucket, back.account
    newest = {key: version for (key, _), version in there.items() if version.latest}
    due = _loaded(back)
    known = back.code([change.sha256 for change in due])
    for change in due:
        key = code_key(product.slug, change.name, change.sha256)
        version = newest.get(key)
        if version is None or change.sha256 in known:
            continue
        head = head_object(door, bucket, account.aws_id, key, version.version_id)
        if head.sha256 != in_base64(change.sha256):
            raise StepFailed(
                f"{change.name}: {bucket}/{key} holds other bytes than its name says. Nothing was deployed. "
                "Find out who wrote it, delete it, then retry."
            )
        with context.transaction():
            CodeCopy.objects.create(
                account=account,
                bucket=bucket,
                key=key,
                version_id=version.version_id,
                sha256=change.sha256,
                size=version.size,
                copied_from=_kept(back, [change.sha256]).first(),
            )


def copies_there(door: Door, back: BackEnd) -> set[str]:
    """The digests of the code that lies in the back end's bucket, as recorded."""
    bucket = back.environment.code_bucket
    there = _there(door, back.account, bucket, back.environment.product.slug)
    copies = CodeCopy.objects.filter(bucket=bucket)
    return {copy.sha256 for copy in copies if (copy.key, copy.version_id) in there}


def _missing(back: BackEnd, there: Versions) -> list[HandlerChange]:
    """Handlers whose code the bucket lacks, one for each content."""
    due = _loaded(back)
    known = back.code([change.sha256 for change in due])
    gone = {sha for sha, copy in known.items() if (copy.key, copy.version_id) not in there}
    wanted: dict[str, HandlerChange] = {}
    for change in due:
        if change.sha256 not in known or change.sha256 in gone:
            wanted.setdefault(change.sha256, change)
    return list(wanted.values())


def _sources(back: BackEnd, missing: Iterable[HandlerChange]) -> dict[str, CodeCopy]:
    """Where the code comes from. Raises StepFailed with the handler's name when it is kept nowhere."""
    product = back.environment.product
    rows = _kept(back, [change.sha256 for change in missing])
    found = {copy.sha256: copy for copy in rows.select_related("account")}
    for change in missing:
        if change.sha256 not in found:
            raise StepFailed(
                f"The code of {change.name} is not in {product.handler_bucket or 'any bucket'} any more. Nothing was "
                "changed. Register the build anew under another version."
            )
    return found


def _kept(back: BackEnd, sha256s: Iterable[str]) -> QuerySet[CodeCopy]:
    """Copies of this code in the product's bucket, unless the back end loads code from there."""
    kept = CodeCopy.objects.filter(bucket=back.environment.product.handler_bucket, sha256__in=sha256s)
    return kept.exclude(bucket=back.environment.code_bucket)


def _job(back: BackEnd, change: HandlerChange, source: CodeCopy) -> Copy:
    return Copy(
        source_bucket=source.bucket,
        source_owner=source.account.aws_id,
        source_key=source.key,
        source_version=source.version_id,
        source_etag="",
        sha256=change.sha256,
        bucket=back.environment.code_bucket,
        owner=back.account.aws_id,
        key=code_key(back.environment.product.slug, change.name, change.sha256),
        content_type=ZIP,
        cache_control=NOT_CACHED,
    )


def _record(back: BackEnd, written: Iterable[Written], sources: Mapping[str, CodeCopy]) -> None:
    CodeCopy.objects.bulk_create(
        (_copy(back, item, sources) for item in written),
        update_conflicts=True,
        unique_fields=["bucket", "sha256"],
        update_fields=["key", "version_id", "copied_from"],
    )


def _copy(back: BackEnd, item: Written, sources: Mapping[str, CodeCopy]) -> CodeCopy:
    assert isinstance(item.job, Copy)
    source = sources[item.job.sha256]
    return CodeCopy(
        account=back.account,
        bucket=item.job.bucket,
        key=item.job.key,
        version_id=item.version_id,
        sha256=item.job.sha256,
        size=source.size,
        copied_from=source,
    )


def _named(failed: TransferFailed, missing: Iterable[HandlerChange]) -> Exception:
    """A changed byte is told with the handler's name; other failures as they are."""
    names = [
        change.name for change in missing if failed.job.key.endswith(f"/{change.name}/{change.sha256}.zip")
    ]
    if isinstance(failed.error, OtherContent) and names:
        return StepFailed(f"{names[0]}: its code changed on the way. Nothing was deployed. {failed.error}")
    return failed
