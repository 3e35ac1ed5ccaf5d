"""S3, one call at a time."""

from pathlib import Path
from typing import Any

import pytest

from aws import errors, s3
from aws.access import Account
from aws.fanout import Transfer
from bench.simulator import Simulator
from tests.aws.conftest import BUCKET, MEDIA, SANDBOX, Ledger, Open, md5, put
from tests.cloud import CloudProcess

KEY = "a b/ü+&%<>.js"


def test_a_listing_has_every_object_and_asks_once_a_thousand(
    sim: Simulator, open_sim: Open, ledger: Ledger
) -> None:
    account = open_sim()
    bodies = {f"k/{number:05}+ é&.js": str(number).encode() for number in range(2500)}
    with Transfer(account) as transfer:
        transfer.run(put(key, body, "archive") for key, body in bodies.items())
    sim.reset()
    found = list(s3.list_objects(account, "archive", MEDIA))
    assert found == [s3.Listed(key, len(body), md5(body)) for key, body in sorted(bodies.items())]
    assert sim.requests() == {"ListObjectsV2": 3}
    assert len(ledger.of("ListObjectsV2")) == 3


def test_a_listing_is_what_boto_would_read(account: Account) -> None:
    for key in (KEY, "x/1.js", "x/2.js", "y.js"):
        s3.put_once(account, put(key, key.encode(), if_none_match="*"))
    found = list(s3.list_objects(account, BUCKET, MEDIA))
    assert {item.key for item in found} >= {KEY, "y.js"}
    assert [item.key for item in s3.list_objects(account, BUCKET, MEDIA, "x/")] == ["x/1.js", "x/2.js"]
    assert list(s3.list_objects(account, BUCKET, MEDIA, "nothing/")) == []


def test_a_shallow_listing_leaves_the_folders_out(account: Account) -> None:
    for key in ("top.js", "y/1.js", "y/z/2.js"):
        s3.put_once(account, put(key, key.encode(), if_none_match="*"))
    assert {"y/1.js", "y/z/2.js"}.isdisjoint(
        i.key for i in s3.list_objects(account, BUCKET, MEDIA, deep=False)
    )
    assert "top.js" in {item.key for item in s3.list_objects(account, BUCKET, MEDIA, deep=False)}
    assert [item.key for item in s3.list_objects(account, BUCKET, MEDIA, "y/", deep=False)] == ["y/1.js"]


def test_a_bucket_is_checked_for_its_owner(account: Account) -> None:
    s3.check_bucket(account, BUCKET, MEDIA)
    with pytest.raises(errors.WrongBucketOwner, match="belongs to another account"):
        s3.check_bucket(account, BUCKET, SANDBOX)
    with pytest.raises(errors.NotFound):
        s3.check_bucket(account, "no-such-bucket-855652006097", MEDIA)


@pytest.mark.parametrize(
    "call",
    [
        lambda account, owner: list(s3.list_objects(account, BUCKET, owner)),
        lambda account, owner: s3.head_object(account, BUCKET, owner, "k.js"),
        lambda account, owner: s3.read_object(account, BUCKET, owner, "k.js", 100),
        lambda account, owner: s3.put_once(account, put("k.js", if_none_match="*", owner=owner)),
    ],
)
def test_every_call_names_the_expected_owner(account: Account, call: Any) -> None:
    s3.put_once(account, put("k.js", if_none_match="*"))
    assert call(account, MEDIA)
    with pytest.raises(errors.AccessDenied):
        call(account, SANDBOX)


def test_a_listing_of_a_missing_bucket_fails(account: Account) -> None:
    with pytest.raises(errors.NotFound, match="NoSuchBucket"):
        list(s3.list_objects(account, "no-such-bucket-855652006097", MEDIA))


def test_an_object_is_described_with_its_checksum(account: Account) -> None:
    wanted = put(KEY, b"one", if_none_match="*", cache_control="public,max-age=3600")
    written = s3.put_once(account, wanted)
    head = s3.head_object(account, BUCKET, MEDIA, KEY)
    assert head == s3.Head(
        md5(b"one"),
        3,
        "text/javascript",
        "public,max-age=3600",
        wanted.headers()["x-amz-checksum-sha256"],
        written.version_id,
    )
    with pytest.raises(errors.NotFound):
        s3.head_object(account, BUCKET, MEDIA, "missing.js")


def test_an_object_is_read_and_downloaded(account: Account, tmp_path: Path) -> None:
    body = bytes(range(256)) * 4096
    s3.put_once(account, put("big.bin", body, if_none_match="*"))
    assert s3.read_object(account, BUCKET, MEDIA, "big.bin", len(body)) == body
    for _ in range(2):
        assert s3.download(account, BUCKET, MEDIA, "big.bin", tmp_path / "big", len(body)) == len(body)
    assert (tmp_path / "big").read_bytes() == body
    with pytest.raises(s3.TooLarge, match=f"has {len(body)} bytes"):
        s3.download(account, BUCKET, MEDIA, "big.bin", tmp_path / "big", len(body) - 1)
    with pytest.raises(errors.NotFound):
        s3.download(account, BUCKET, MEDIA, "missing", tmp_path / "missing", 1)


def test_a_download_outlasts_lost_answers(
    worker: CloudProcess, account: Account, ledger: Ledger, tmp_path: Path
) -> None:
    s3.put_once(account, put("k.js", b"one", if_none_match="*"))
    worker.faults("s3", "GetObject", "lost_reply", count=1)
    assert s3.download(account, BUCKET, MEDIA, "k.js", tmp_path / "k", 10) == 3
    assert [call.status for call in ledger.of("GetObject")] == [0, 200]


def test_what_is_written_once_may_be_written_again_only_with_the_same_bytes(
    account: Account, ledger: Ledger
) -> None:
    first = s3.put_once(account, put("k.js", b"one", if_none_match="*"))
    again = s3.put_once(account, put("k.js", b"one", if_none_match="*"))
    assert first.etag == again.etag == md5(b"one")
    assert [call.operation for call in ledger.calls[-2:]] == ["PutObject", "HeadObject"]
    with pytest.raises(errors.OtherContent, match="new version"):
        s3.put_once(account, put("k.js", b"two", if_none_match="*"))
    assert s3.read_object(account, BUCKET, MEDIA, "k.js", 10) == b"one"
