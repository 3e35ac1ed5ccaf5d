"""Buckets, their listings and their settings."""

import json
from typing import Any

import pytest

from tests.cloud import CloudProcess
from tests.devcloud.conftest import DEV_BUCKET, Refused

OHIO = {"LocationConstraint": "us-east-2"}


def fill(s3: Any, *keys: str) -> None:
    for key in keys:
        s3.put_object(Bucket=DEV_BUCKET, Key=key, Body=key.encode())


def test_the_estates_buckets_are_there(s3: Any) -> None:
    names = [each["Name"] for each in s3.list_buckets()["Buckets"]]
    assert len(names) == 11
    assert "tim-releases-855652006097" in names
    assert s3.get_bucket_versioning(Bucket=DEV_BUCKET)["Status"] == "Enabled"
    assert s3.get_bucket_location(Bucket=DEV_BUCKET)["LocationConstraint"] == "us-east-2"


def test_a_listing_has_pages_of_a_thousand_and_no_checksum_values(s3: Any) -> None:
    """AWS: ListObjectsV2 gives at most 1,000 keys a page, with ETag and size but never checksum values."""
    fill(s3, *(f"k/{number:04}" for number in range(1001)))
    first = s3.list_objects_v2(Bucket=DEV_BUCKET, MaxKeys=5000)
    assert (first["KeyCount"], first["IsTruncated"], first["MaxKeys"]) == (1000, True, 1000)
    assert not any(name.startswith(("ChecksumC", "ChecksumS")) for name in first["Contents"][0])
    second = s3.list_objects_v2(Bucket=DEV_BUCKET, ContinuationToken=first["NextContinuationToken"])
    assert [each["Key"] for each in second["Contents"]] == ["k/1000"]
    assert not second["IsTruncated"]


def test_a_listing_by_prefix_and_delimiter(s3: Any) -> None:
    fill(s3, "a/1", "a/2", "a b/ü+&.js", "b", "c/d/e")
    by_prefix = s3.list_objects_v2(Bucket=DEV_BUCKET, Prefix="a/")
    assert [each["Key"] for each in by_prefix["Contents"]] == ["a/1", "a/2"]
    grouped = s3.list_objects_v2(Bucket=DEV_BUCKET, Delimiter="/")
    assert [each["Prefix"] for each in grouped["CommonPrefixes"]] == ["a b/", "a/", "c/"]
    assert [each["Key"] for each in grouped["Contents"]] == ["b"]
    later = s3.list_objects_v2(Bucket=DEV_BUCKET, StartAfter="a/1")
    assert [each["Key"] for each in later["Contents"]] == ["a/2", "b", "c/d/e"]
    paged = s3.get_paginator("list_objects_v2").paginate(
        Bucket=DEV_BUCKET, Delimiter="/", PaginationConfig={"PageSize": 1}
    )
    assert [len(page.get("Contents", [])) + len(page.get("CommonPrefixes", [])) for page in paged] == [
        1,
        1,
        1,
        1,
    ]
    assert next(each["Key"] for each in s3.list_objects(Bucket=DEV_BUCKET)["Contents"]) == "a b/ü+&.js"


def test_versions_are_listed_newest_first(s3: Any) -> None:
    fill(s3, "a", "a", "b")
    s3.delete_object(Bucket=DEV_BUCKET, Key="a")
    pages = list(
        s3.get_paginator("list_object_versions").paginate(Bucket=DEV_BUCKET, PaginationConfig={"PageSize": 1})
    )
    versions = [each for page in pages for each in page.get("Versions", [])]
    assert [(each["Key"], each["IsLatest"]) for each in versions] == [("a", False), ("a", False), ("b", True)]
    assert [each["IsLatest"] for page in pages for each in page.get("DeleteMarkers", [])] == [True]


def test_a_bucket_name_is_taken_in_every_account(cloud: CloudProcess, s3: Any, refused: Refused) -> None:
    """AWS: bucket names are global."""
    s3.create_bucket(Bucket="a-new-bucket", CreateBucketConfiguration=OHIO)
    with refused("BucketAlreadyOwnedByYou", 409):
        s3.create_bucket(Bucket="a-new-bucket", CreateBucketConfiguration=OHIO)
    with refused("BucketAlreadyExists", 409):
        cloud.client("s3", "sandbox").create_bucket(Bucket="a-new-bucket", CreateBucketConfiguration=OHIO)


@pytest.mark.parametrize("name", ["Upper", "a_b", "ab", "a..b"])
def test_a_bucket_name_follows_the_rules(s3: Any, refused: Refused, name: str) -> None:
    """AWS: 3 to 63 characters of lower-case letters, digits, dots and hyphens."""
    s3.create_bucket(Bucket="a.b-c", CreateBucketConfiguration=OHIO)
    with refused("InvalidBucketName", 400):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=OHIO)


def test_a_bucket_is_made_where_the_request_goes(s3: Any, refused: Refused) -> None:
    """AWS: outside us-east-1 the LocationConstraint must name the Region of the endpoint."""
    with refused("IllegalLocationConstraintException", 400):
        s3.create_bucket(Bucket="a-new-bucket")
    s3.create_bucket(Bucket="a-new-bucket", CreateBucketConfiguration=OHIO)


def test_a_bucket_is_deleted_when_empty_only(s3: Any, refused: Refused) -> None:
    """AWS: versions and delete markers count."""
    s3.create_bucket(Bucket="a-new-bucket", CreateBucketConfiguration=OHIO)
    s3.put_object(Bucket="a-new-bucket", Key="a", Body=b"")
    with refused("BucketNotEmpty", 409):
        s3.delete_bucket(Bucket="a-new-bucket")
    s3.delete_object(Bucket="a-new-bucket", Key="a")
    s3.delete_bucket(Bucket="a-new-bucket")
    with refused("NoSuchBucket", 404):
        s3.list_objects_v2(Bucket="a-new-bucket")


def test_an_unversioned_bucket_keeps_one_version(s3: Any) -> None:
    s3.create_bucket(Bucket="a-new-bucket", CreateBucketConfiguration=OHIO)
    for body in (b"one", b"two"):
        assert "VersionId" not in s3.put_object(Bucket="a-new-bucket", Key="a", Body=body)
    versions = s3.list_object_versions(Bucket="a-new-bucket")["Versions"]
    assert [each["VersionId"] for each in versions] == ["null"]
    s3.delete_object(Bucket="a-new-bucket", Key="a")
    assert "Versions" not in s3.list_object_versions(Bucket="a-new-bucket")


def test_intelligent_tiering_makes_no_bucket(s3: Any, refused: Refused) -> None:
    """AWS: PutBucketIntelligentTieringConfiguration is a setting of a bucket that exists."""
    setting = {"Id": "all", "Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]}
    wish = {"Id": "all", "IntelligentTieringConfiguration": setting}
    s3.put_bucket_intelligent_tiering_configuration(Bucket=DEV_BUCKET, **wish)
    kept = s3.get_bucket_intelligent_tiering_configuration(Bucket=DEV_BUCKET, Id="all")
    assert kept["IntelligentTieringConfiguration"] == setting
    before = len(s3.list_buckets()["Buckets"])
    with refused("NoSuchBucket", 404):
        s3.put_bucket_intelligent_tiering_configuration(Bucket="never-made", **wish)
    assert len(s3.list_buckets()["Buckets"]) == before


def test_new_buckets_are_private_and_encrypted(s3: Any, refused: Refused) -> None:
    """AWS: since 2023 a bucket has SSE-S3, BlockPublicAccess and BucketOwnerEnforced without asking."""
    rules = s3.get_bucket_encryption(Bucket=DEV_BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert all(s3.get_public_access_block(Bucket=DEV_BUCKET)["PublicAccessBlockConfiguration"].values())
    owner = s3.get_bucket_ownership_controls(Bucket=DEV_BUCKET)["OwnershipControls"]["Rules"]
    assert owner == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    with refused("NoSuchLifecycleConfiguration", 404):
        s3.get_bucket_lifecycle_configuration(Bucket=DEV_BUCKET)


def test_what_new_buckets_have_can_be_deleted_but_for_encryption(s3: Any, refused: Refused) -> None:
    """AWS: without its block a bucket is as public as its policy; encrypted it stays."""
    s3.delete_public_access_block(Bucket=DEV_BUCKET)
    with refused("NoSuchPublicAccessBlockConfiguration", 404):
        s3.get_public_access_block(Bucket=DEV_BUCKET)
    s3.delete_bucket_ownership_controls(Bucket=DEV_BUCKET)
    with refused("OwnershipControlsNotFoundError", 404):
        s3.get_bucket_ownership_controls(Bucket=DEV_BUCKET)
    s3.delete_bucket_encryption(Bucket=DEV_BUCKET)
    assert s3.get_bucket_encryption(Bucket=DEV_BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]


def test_settings_come_back_as_they_were_put(s3: Any) -> None:
    tags = {"TagSet": [{"Key": "product", "Value": "tim-combo"}]}
    s3.put_bucket_tagging(Bucket=DEV_BUCKET, Tagging=tags)
    assert s3.get_bucket_tagging(Bucket=DEV_BUCKET)["TagSet"] == tags["TagSet"]
    rule = {
        "ID": "old",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"ExpiredObjectDeleteMarker": True},
    }
    s3.put_bucket_lifecycle_configuration(Bucket=DEV_BUCKET, LifecycleConfiguration={"Rules": [rule]})
    assert s3.get_bucket_lifecycle_configuration(Bucket=DEV_BUCKET)["Rules"] == [rule]
    s3.delete_bucket_lifecycle(Bucket=DEV_BUCKET)


def test_a_policy_must_be_one(s3: Any, refused: Refused) -> None:
    """AWS: MalformedPolicy for what is no policy; a public one is denied while BlockPublicPolicy is on."""
    kept = json.loads(s3.get_bucket_policy(Bucket=DEV_BUCKET)["Policy"])
    s3.put_bucket_policy(Bucket=DEV_BUCKET, Policy=json.dumps(kept))
    assert not s3.get_bucket_policy_status(Bucket=DEV_BUCKET)["PolicyStatus"]["IsPublic"]
    with refused("MalformedPolicy", 400):
        s3.put_bucket_policy(Bucket=DEV_BUCKET, Policy="no json")
    everybody = kept["Statement"][0] | {"Principal": "*", "Condition": {}}
    with refused("AccessDenied", 403):
        s3.put_bucket_policy(Bucket=DEV_BUCKET, Policy=json.dumps({"Statement": [everybody]}))


def test_what_is_not_there_says_so(s3: Any, cloud: CloudProcess, refused: Refused) -> None:
    """An operation that the emulated cloud lacks is a proper AWS error that names it."""
    with refused("NotImplemented", 501) as caught:
        s3.get_bucket_website(Bucket=DEV_BUCKET)
    assert "GetBucketWebsite" in str(caught.value)
    with refused("NotImplemented", 501) as caught:
        cloud.client("lambda").list_layers()
    assert "ListLayers" in str(caught.value)
    with refused("NotImplemented", 501) as caught:
        cloud.client("cloudfront").list_key_groups()
    assert "ListKeyGroups" in str(caught.value)
