"""What the console does in the steps that are measured, with the parts that the steps are made of.

The archive and the environment are buckets of one account, as in the document's media account.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aws.access import Account
from aws.fanout import Transfer, TransferFailed
from aws.jobs import Copy, Put, Slice, Written
from aws.s3 import list_objects
from deployments.manifest import FileEntry, Manifest, Role, describe
from deployments.writing import Decision, Recorded, needed, upload_order

ARCHIVE = "archive"
ATTEMPTS = 8
FENCED = {Role.CONFIG, Role.ENTRY_POINT, Role.SERVICE_WORKER}


@dataclass
class Shop:
    """A worker's open connections, and the rows that a database would hold."""

    account: Account
    transfer: Transfer
    releases: dict[str, Manifest] = field(default_factory=dict)
    recorded: dict[str, dict[str, Recorded]] = field(default_factory=dict)

    def ingest(self, tree: Path, release: str) -> int:
        """Hash a build and write it into the archive, once. Says how many objects were written."""
        manifest = Manifest.of(_described(tree))
        self.releases[release] = manifest
        return len(self.transfer.run(self._archived(tree, release, file) for file in manifest.files))

    def _archived(self, tree: Path, release: str, file: FileEntry) -> Put:
        return Put(
            bucket=ARCHIVE,
            owner=self.account.account_id,
            key=f"{release}/{file.path}",
            body=Slice(tree / file.path, 0, file.size),
            content_type=file.content_type,
            cache_control=file.cache_control,
            sha256=file.sha256,
            if_none_match="*",
        )

    def deploy(self, release: str, bucket: str) -> int:
        """Copy what an environment lacks of a release, entry points last. Says how many objects were written."""
        manifest, recorded = self.releases[release], self.recorded.setdefault(bucket, {})
        listed = {item.key: item.etag for item in list_objects(self.account, bucket, self.account.account_id)}
        written = 0
        for phase in upload_order(manifest):
            decision = needed(phase.files, listed, recorded)
            for done in self.transfer.run(self._copies(release, bucket, decision, listed)):
                recorded[done.job.key] = _record(manifest, done)
                written += 1
        return written

    def deploy_until_done(self, release: str, bucket: str) -> int:
        """Deploy as the runner does: what fails is attempted again, looking anew. Says how many attempts it took."""
        for attempt in range(1, ATTEMPTS):
            try:
                self.deploy(release, bucket)
            except TransferFailed:
                continue
            return attempt
        self.deploy(release, bucket)
        return ATTEMPTS

    def forget(self, bucket: str) -> int:
        """Drop the records of a bucket."""
        return len(self.recorded.pop(bucket, {}))

    def _copies(
        self, release: str, bucket: str, decision: Decision, listed: dict[str, str]
    ) -> Iterator[Copy]:
        for file in decision.copy:
            fenced = file.role in FENCED
            etag = listed.get(file.path, "")
            yield Copy(
                source_bucket=ARCHIVE,
                source_owner=self.account.account_id,
                source_key=f"{release}/{file.path}",
                source_etag=file.md5,
                bucket=bucket,
                owner=self.account.account_id,
                key=file.path,
                content_type=file.content_type,
                cache_control=file.cache_control,
                if_match=etag if fenced else "",
                if_none_match="*" if fenced and not etag else "",
                before_lease_ends=fenced,
            )


def _record(manifest: Manifest, done: Written) -> Recorded:
    file = manifest.by_path[done.job.key]
    return Recorded(done.etag, file.sha256, file.content_type, file.cache_control)


def _described(tree: Path) -> Iterator[FileEntry]:
    for path in tree.rglob("*"):
        if path.is_file():
            body = path.read_bytes()
            yield describe(
                path.relative_to(tree).as_posix(),
                size=len(body),
                sha256=hashlib.sha256(body).hexdigest(),
                md5=hashlib.md5(body, usedforsecurity=False).hexdigest(),
                kind="app",
            )
