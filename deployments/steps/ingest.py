"""Ingest: an uploaded zip becomes a checked, archived, immutable release."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, NoReturn

from aws.access import Account as Door
from aws.fanout import Transfer
from aws.jobs import Put, Slice
from aws.s3 import download, list_objects
from deployments import spool
from deployments.archive import LIMITS, Archive, BadArchive, open_archive
from deployments.entrypoints import conflicts
from deployments.handler_archive import inspect_handlers
from deployments.handlers import Handlers
from deployments.inspection import Wanted, inspect
from deployments.manifest import FileEntry, Kind, Manifest, Role
from deployments.models import Artifact, Delivered, Release, ReleaseStatus, StoredManifest
from deployments.naming import FOREVER
from deployments.reasons import Reason
from deployments.selectors.releases import manifest_of
from deployments.steps.delivery import BATCH
from deployments.steps.ingest_handlers import assemble, keep_code
from products.door import aws_step, open_account
from products.models import Account, Environment, Product
from runs.steps import Done, StepContext, StepFailed, Wait

MOST_NAMED = 5
RETAINED = 10
"""Besides what lies in the environments' buckets, the newest ready releases that a hashed name is compared with."""


def release_of(context: StepContext) -> Release:
    return Release.objects.select_related("product__artifact_account", "product__handler_account").get(
        run=context.run
    )


@aws_step
def fetch(context: StepContext) -> Done | Wait:
    """Bring what CI put under `incoming/` into the spool, and compare its sha256 with the registered one."""
    release = release_of(context)
    coming = [a for a in release.artifacts.all() if a.incoming_key and not a.spool_name]
    for artifact in coming:
        artifact.release = release
        _take_in(context, artifact)
    return Done({"downloaded": len(coming)})


def _take_in(context: StepContext, artifact: Artifact) -> None:
    """Take the zip under a name of this attempt's own; a worker that comes late puts nothing in the shared place."""
    name = f"incoming-{artifact.pk}.zip"
    with spool.arriving(name) as path:
        found = _brought(context, artifact, path)
        if found != artifact.sha256:
            text = f"its sha256 is {found}, not {artifact.sha256} as registered"
            _reject(context, artifact.release, [Reason(artifact.incoming_key, text)])
        with context.transaction():
            size = path.stat().st_size
            path.replace(spool.path_of(name))
            Artifact.objects.filter(pk=artifact.pk).update(spool_name=name, packed_bytes=size)


def _brought(context: StepContext, artifact: Artifact, path: Path) -> str:
    """Write the artifact to `path`, and say the sha256 of what was registered: the zip, or a prefix's `handlers.yaml`."""
    account, bucket = place_of(artifact)
    door = open_account(context, account)
    if artifact.incoming_key.endswith("/"):
        try:
            return hashlib.sha256(assemble(door, artifact, path)).hexdigest()
        except BadArchive as bad:
            _reject(context, artifact.release, bad.reasons, artifact.target)
    download(door, bucket, account.aws_id, artifact.incoming_key, path, LIMITS.packed)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def place_of(artifact: Artifact) -> tuple[Account, str]:
    """The account and the bucket in which CI lays an artifact down, and in which it is kept."""
    product = artifact.release.product
    if artifact.target != Artifact.BACKEND:
        return product.artifact_account, product.artifact_bucket
    assert product.handler_account is not None
    return product.handler_account, product.handler_bucket


def check(context: StepContext) -> Done | Wait:
    """Read each zip as hostile input; what holds becomes its manifest."""
    release = release_of(context)
    artifacts = list(release.artifacts.all())
    for artifact in artifacts:
        if not spool.path_of(artifact.spool_name).exists():
            return Wait(
                5,
                f"This worker does not see the upload {artifact.spool_name}. Web and workers must share the spool.",
            )
    for position, artifact in enumerate(artifacts):
        manifest = _manifest(context, release, artifact)
        with context.transaction():
            _keep(artifact, manifest)
        context.progress(done=position + 1, total=len(artifacts))
        things = "handlers" if isinstance(manifest, Handlers) else "files"
        context.log(f"{artifact.target}: {len(manifest)} {things}, {manifest.size} bytes.")
    return Done({"artifacts": len(artifacts)})


def _manifest(context: StepContext, release: Release, artifact: Artifact) -> Manifest | Handlers:
    path = spool.path_of(artifact.spool_name)
    try:
        if artifact.target == Artifact.BACKEND:
            return inspect_handlers(path)
        return inspect(path, _wanted(release, artifact))
    except BadArchive as bad:
        _reject(context, release, bad.reasons, artifact.target)


def _wanted(release: Release, artifact: Artifact) -> Wanted:
    return Wanted(
        kind=_kind(release, artifact),
        one_for_all=artifact.target == Artifact.ANY,
        key_prefix=artifact.prefix,
        retained=_retained(release),
    )


def _kind(release: Release, artifact: Artifact) -> Kind:
    environment = Environment.objects.filter(product=release.product, name=artifact.target).first()
    return "static" if environment and environment.kind == "static" else "app"


def _retained(release: Release) -> dict[str, str]:
    """Path to sha256 of hashed assets that lie in an environment's bucket or in the newest ready releases."""
    retained: dict[str, str] = {}
    ready = Release.objects.filter(product=release.product, status=ReleaseStatus.READY).order_by("-id")
    bodies = StoredManifest.objects.filter(artifact__release__in=list(ready[:RETAINED]))
    for stored in bodies.exclude(artifact__target=Artifact.BACKEND):
        earlier = Manifest.from_bytes(bytes(stored.body))
        retained.update({f.path: f.sha256 for f in earlier.with_role(Role.HASHED)})
    delivered = Delivered.objects.filter(environment__product=release.product, cache_control=FOREVER)
    retained.update(delivered.values_list("key", "sha256"))
    return retained


def _keep(artifact: Artifact, manifest: Manifest | Handlers) -> None:
    StoredManifest.objects.update_or_create(artifact=artifact, defaults={"body": manifest.to_bytes()})
    Artifact.objects.filter(pk=artifact.pk).update(
        files=len(manifest),
        bytes=manifest.size,
        manifest_digest=manifest.digest,
        placeholder_config=isinstance(manifest, Manifest) and manifest.placeholder_config,
    )


def _reject(context: StepContext, release: Release, reasons: Sequence[Reason], target: str = "") -> NoReturn:
    """Put the reasons on the release and end the Run: the same bytes will never be better."""
    kept = [{"path": reason.path, "text": reason.text, "target": target} for reason in reasons]
    with context.transaction():
        Release.objects.filter(pk=release.pk).update(reasons=kept)
    raise StepFailed(f"{release} was rejected: {'; '.join(map(str, reasons[:MOST_NAMED]))}")


@aws_step
def archive(context: StepContext) -> Done | Wait:
    """Write every file once into the archive. What an earlier try wrote is left as it is."""
    release = release_of(context)
    counts = Counts()
    for artifact in release.artifacts.all():
        path = spool.path_of(artifact.spool_name)
        if not path.exists():
            return Wait(
                5,
                f"This worker does not see the upload {artifact.spool_name}. Web and workers must share the spool.",
            )
        artifact.release = release
        door = open_account(context, place_of(artifact)[0])
        if artifact.target == Artifact.BACKEND:
            counts.add(*keep_code(context, door, artifact, path))
        else:
            _archive(context, door, artifact, path, counts)
    return Done({"files": counts.done})


@dataclass
class Counts:
    done: int = 0
    moved: int = 0

    def add(self, done: int, moved: int) -> None:
        self.done, self.moved = self.done + done, self.moved + moved


def _archive(context: StepContext, door: Door, artifact: Artifact, path: Path, counts: Counts) -> None:
    product, manifest = artifact.release.product, manifest_of(artifact)
    owner = product.artifact_account.aws_id
    listed = list_objects(door, product.artifact_bucket, owner, artifact.prefix)
    there = {found.key.removeprefix(artifact.prefix): found.etag for found in listed}
    missing = {file.path: file for file in manifest.files if there.get(file.path) != file.md5}
    context.progress(done=counts.done, total=counts.done + len(missing))
    with (
        open_archive(path) as build,
        NamedTemporaryFile(dir=path.parent, prefix="unpacked-") as unpacked,
        Transfer(door) as transfer,
    ):
        for written in transfer.stream(_puts(artifact, build, missing, unpacked.file), BATCH):
            counts.done += len(written)
            counts.moved += sum(len(item.job.body) for item in written)
            context.progress(done=counts.done, bytes_done=counts.moved)


def _puts(
    artifact: Artifact, build: Archive, missing: Mapping[str, FileEntry], unpacked: IO[bytes]
) -> Iterator[Put]:
    """The missing files, each unpacked behind the others when its turn comes."""
    for entry in build.entries:
        if file := missing.get(entry.path):
            body = Slice(Path(unpacked.name), unpacked.tell(), entry.size)
            unpacked.writelines(build.read(entry))
            unpacked.flush()
            yield _put(artifact, file, body)


def _put(artifact: Artifact, file: FileEntry, body: Slice) -> Put:
    product = artifact.release.product
    return Put(
        bucket=product.artifact_bucket,
        owner=product.artifact_account.aws_id,
        key=artifact.prefix + file.path,
        body=body,
        content_type=file.content_type,
        cache_control=file.cache_control,
        sha256=file.sha256,
        if_none_match="*",
    )


def record(context: StepContext) -> Done | Wait:
    """The release is ready, unless another one became so meanwhile; the upload is no longer needed."""
    release = release_of(context)
    with context.transaction():
        # Of two builds that were checked at the same time, the second one finds the first one ready here.
        Product.objects.select_for_update(no_key=True).get(pk=release.product_id)
        refused = _refused_by_now(release)
        if refused is None:
            Release.objects.filter(pk=release.pk).update(status=ReleaseStatus.READY, reasons=[])
    if refused:
        target, reasons = refused
        _reject(context, release, reasons, target)
    for artifact in release.artifacts.all():
        spool.discard(artifact.spool_name)
    return Done()


def _refused_by_now(release: Release) -> tuple[str, list[Reason]] | None:
    """The first target that holds a hashed name of another ready release with other bytes, and why it may not."""
    if release.status == ReleaseStatus.READY:
        return None
    retained = _retained(release)
    for artifact in release.artifacts.exclude(target=Artifact.BACKEND):
        if reasons := conflicts(manifest_of(artifact), retained):
            return artifact.target, reasons
    return None
