"""Ingest of a back end: handler zips out of an artifact, or from under a prefix of CI, each kept once by its content."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from aws.access import Account as Door
from aws.fanout import Transfer
from aws.jobs import Put, Slice
from aws.s3 import download, list_versions, read_object
from deployments.archive import LIMITS, Archive, Entry, open_archive
from deployments.handler_archive import read_handlers_yaml
from deployments.handlers import HANDLERS_FILE, Handler, Handlers
from deployments.handlers_yaml import LARGEST_YAML
from deployments.models import Artifact, CodeCopy
from deployments.selectors.fleets import handlers_of
from deployments.steps.delivery import BATCH
from deployments.steps.fleets.code import code_key, put_of, record_puts
from products.models import Account, Product
from runs.steps import StepContext

BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The time of every entry of an artifact that is put together here, so that the same files make the same zip."""


def assemble(door: Door, artifact: Artifact, path: Path) -> bytes:
    """Put an artifact together, at `path`, from what CI laid under a prefix: `handlers.yaml` and the zips it names.

    Returns the bytes of `handlers.yaml`. Raises BadArchive when it cannot be read, NotFound for a zip that is not
    there, TooLarge for one that is larger than an artifact may be.
    """
    product, prefix = artifact.release.product, artifact.incoming_key
    bucket, owner = product.handler_bucket, door.account_id
    listed = read_object(door, bucket, owner, prefix + HANDLERS_FILE, LARGEST_YAML)
    declared = read_handlers_yaml(listed, by_prefix=True)
    with ZipFile(path, "w", ZIP_STORED) as zip_file, NamedTemporaryFile(dir=path.parent) as one:
        zip_file.writestr(ZipInfo(HANDLERS_FILE, BEGINNING), listed)
        for handler in declared:
            download(door, bucket, owner, prefix + handler.file, Path(one.name), LIMITS.packed)
            zip_file.writestr(ZipInfo(handler.file, BEGINNING), Path(one.name).read_bytes())
    return listed


def keep_code(context: StepContext, door: Door, artifact: Artifact, path: Path) -> tuple[int, int]:
    """Write each handler's zip once into the product's bucket; what lies there already is left as it is.

    Says how many and how many bytes were written.
    """
    product, handlers = artifact.release.product, handlers_of(artifact)
    missing = _missing(door, product, handlers)
    done = moved = 0
    context.progress(done=0, total=len(missing), bytes_done=0)
    with (
        open_archive(path) as build,
        NamedTemporaryFile(dir=path.parent, prefix="unpacked-") as unpacked,
        Transfer(door) as transfer,
    ):
        for written in transfer.stream(_puts(product, build, missing, unpacked.file), BATCH):
            with context.transaction():
                record_puts(_keeper(product), written)
            done += len(written)
            moved += sum(len(item.job.body) for item in written)
            context.progress(done=done, bytes_done=moved)
    return done, moved


def _missing(door: Door, product: Product, handlers: Handlers) -> dict[str, Handler]:
    """By file, the handlers whose code is not on record in the bucket, or not there any more; one for each content."""
    bucket = product.handler_bucket
    rows = CodeCopy.objects.filter(bucket=bucket, sha256__in=[one.sha256 for one in handlers.all])
    there = {
        (v.key, v.version_id)
        for v in list_versions(door, bucket, door.account_id, f"handlers/{product.slug}/")
    }
    kept = {row.sha256 for row in rows if (row.key, row.version_id) in there}
    wanted = {one.sha256: one for one in handlers.all if one.sha256 not in kept}
    return {one.file: one for one in wanted.values()}


def _puts(
    product: Product, build: Archive, missing: Mapping[str, Handler], unpacked: IO[bytes]
) -> Iterator[Put]:
    """The missing zips, each taken out of the artifact behind the others when its turn comes."""
    for entry in build.entries:
        if handler := missing.get(entry.path):
            yield _put(product, handler, _unpacked(build, entry, unpacked))


def _unpacked(build: Archive, entry: Entry, unpacked: IO[bytes]) -> Slice:
    body = Slice(Path(unpacked.name), unpacked.tell(), entry.size)
    unpacked.writelines(build.read(entry))
    unpacked.flush()
    return body


def _put(product: Product, handler: Handler, body: Slice) -> Put:
    key = code_key(product.slug, handler.name, handler.sha256)
    return put_of(_keeper(product), product.handler_bucket, key, handler.sha256, body)


def _keeper(product: Product) -> Account:
    """The account that keeps the product's handlers; without one no back end is registered."""
    assert product.handler_account is not None
    return product.handler_account
