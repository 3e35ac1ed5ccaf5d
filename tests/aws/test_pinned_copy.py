"""Copies across accounts that are pinned to a version and held to a hash, and the versions that a bucket keeps."""

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from aws import errors, s3
from aws.access import Access, Account, connect
from aws.fanout import Transfer, TransferFailed
from aws.jobs import Copy, Written
from aws.lease import Unleased
from tests.aws.conftest import BUCKET, MEDIA, SANDBOX, Ledger, md5, put
from tests.cloud import REGION, CloudProcess

KEY = "handlers/tim-combo/orders + é.zip"
TARGET = "handlers-of-sandbox"


@pytest.fixture
def sandbox(worker: CloudProcess, ledger: Ledger) -> Account:
    """The sandbox account, with a bucket that keeps versions, and the right to read the media account's."""
    s3_of_sandbox = worker.client("s3", "sandbox")
    s3_of_sandbox.create_bucket(Bucket=TARGET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3_of_sandbox.put_bucket_versioning(Bucket=TARGET, VersioningConfiguration={"Status": "Enabled"})
    role = worker.accounts["sandbox"]["roles"]["deploy"]
    share(worker, role["role_arn"])
    access = Access(SANDBOX, REGION, role["role_arn"], role["external_id"])
    return connect(access, session_name="tests", lease=Unleased(), record=ledger)


def share(worker: CloudProcess, role_arn: str) -> None:
    """Let a role of another account read the versions of objects."""
    reading = {
        "Effect": "Allow",
        "Principal": {"AWS": role_arn},
        "Action": ["s3:GetObject", "s3:GetObjectVersion"],
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [reading]})
    worker.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=policy)


@pytest.fixture
def kept(account: Account) -> Written:
    """The first version of an object, which another one has replaced."""
    with Transfer(account) as transfer:
        (first,) = transfer.run([put(KEY, b"one")])
        transfer.run([put(KEY, b"two")])
    return first


def pinned(kept: Written, **options: Any) -> Copy:
    ordinary = {
        "source_bucket": BUCKET,
        "source_owner": MEDIA,
        "source_key": KEY,
        "source_etag": "",
        "source_version": kept.version_id,
        "bucket": TARGET,
        "owner": SANDBOX,
        "key": KEY,
        "content_type": "application/zip",
        "cache_control": "",
        "sha256": sha256(b"one").hexdigest(),
    }
    return Copy(**{**ordinary, **options})


def run(account: Account, copy: Copy) -> Written:
    with Transfer(account) as transfer:
        return transfer.run([copy])[0]


def refusal(account: Account, copy: Copy) -> errors.AwsError:
    with pytest.raises(TransferFailed) as caught:
        run(account, copy)
    return caught.value.error


def test_the_pinned_version_is_copied_and_both_sides_are_known(kept: Written, sandbox: Account) -> None:
    copied = run(sandbox, pinned(kept))
    assert copied.sha256 == kept.sha256 == sha256(b"one").hexdigest()
    assert copied.version_id not in ("", kept.version_id)
    head = s3.head_object(sandbox, TARGET, SANDBOX, KEY, copied.version_id)
    assert (head.etag, head.version_id, head.content_type) == (
        md5(b"one"),
        copied.version_id,
        "application/zip",
    )
    assert run(sandbox, pinned(kept, source_etag=kept.etag)).etag == kept.etag


def test_a_copy_that_turns_out_otherwise_fails(kept: Written, sandbox: Account, ledger: Ledger) -> None:
    other = sha256(b"three").hexdigest()
    error = refusal(sandbox, pinned(kept, sha256=other))
    assert isinstance(error, errors.OtherContent)
    assert f"{TARGET}/{KEY}" in str(error)
    assert other in str(error)
    assert len(ledger.of("CopyObject")) == 1


def test_a_source_that_is_gone_or_of_another_account_is_refused(kept: Written, sandbox: Account) -> None:
    assert isinstance(refusal(sandbox, pinned(kept, source_version="no-such-version")), errors.NotFound)
    assert isinstance(refusal(sandbox, pinned(kept, source_owner=SANDBOX)), errors.AccessDenied)
    changed = pinned(kept, source_etag=md5(b"two"))
    assert isinstance(refusal(sandbox, changed), errors.PreconditionFailed)


def test_a_lost_answer_leaves_one_more_version_with_the_same_bytes(
    worker: CloudProcess, kept: Written, sandbox: Account
) -> None:
    worker.faults("s3", "CopyObject", "lost_reply", count=1)
    copied = run(sandbox, pinned(kept))
    found = list(s3.list_versions(sandbox, TARGET, SANDBOX))
    assert [(item.etag, item.latest) for item in found] == [(md5(b"one"), True), (md5(b"one"), False)]
    assert found[0].version_id == copied.version_id


def test_versions_are_listed_newest_first_without_markers(kept: Written, account: Account) -> None:
    s3.put_once(account, put("handlers/z.zip", b"z", if_none_match="*"))
    s3.put_once(account, put("other/z.zip", b"z", if_none_match="*"))
    account.write("s3", "DeleteObject", KEY, Bucket=BUCKET, Key=KEY, ExpectedBucketOwner=MEDIA)
    found = list(s3.list_versions(account, BUCKET, MEDIA, "handlers/"))
    assert [(item.key, item.etag, item.size, item.latest) for item in found] == [
        (KEY, md5(b"two"), 3, False),
        (KEY, md5(b"one"), 3, False),
        ("handlers/z.zip", md5(b"z"), 1, True),
    ]
    assert found[1] == s3.ListedVersion(KEY, kept.version_id, 3, md5(b"one"), False)
    assert s3.head_object(account, BUCKET, MEDIA, KEY, kept.version_id).etag == kept.etag
    with pytest.raises(errors.AccessDenied):
        list(s3.list_versions(account, BUCKET, SANDBOX))


def test_versions_are_listed_by_the_thousand(account: Account, ledger: Ledger) -> None:
    keys = [f"v/{number:04}.zip" for number in range(600)]
    with Transfer(account) as transfer:
        for body in (b"one", b"two"):
            transfer.run(put(key, body) for key in keys)
    found = list(s3.list_versions(account, BUCKET, MEDIA, "v/"))
    assert [item.key for item in found] == [key for key in keys for _ in range(2)]
    assert [item.etag for item in found] == [md5(b"two"), md5(b"one")] * 600
    assert len(ledger.of("ListObjectVersions")) == 2


def test_what_was_not_asked_for_is_not_said(kept: Written) -> None:
    headers = replace(pinned(kept), source_version="", source_etag="e").headers()
    assert headers["x-amz-copy-source"] == f"{BUCKET}/handlers/tim-combo/orders%20%2B%20%C3%A9.zip"
    assert headers["x-amz-copy-source-if-match"] == '"e"'
    assert "x-amz-copy-source-if-match" not in pinned(kept).headers()
