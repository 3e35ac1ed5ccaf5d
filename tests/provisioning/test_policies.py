"""Least privilege: what the code calls is allowed by the policies shown, and these allow nothing else."""

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from provisioning.policies import policies_for
from provisioning.shapes import Address
from tests.provisioning.conftest import MEDIA, Estate

# AWS: the actions that are not named like their calls.
ACTIONS = {
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
}
LISTS = ("ListOriginAccessControls",)
OLD, NEW = "tim-app-dev-855652006097", "tim-app-new-855652006097"


def test_every_call_is_allowed_and_every_action_is_called(estate: Estate) -> None:
    from products.models import Account, Purpose

    since = estate.cloud.next_call()
    _make_and_change_everything(estate)
    account = Account.objects.get(aws_id=MEDIA)
    policies = {purpose: policies_for(account, Purpose(purpose)) for purpose in ("read", "estate")}
    _delete_what_was_made(estate)
    called: dict[str, set[tuple[str, str]]] = {"read": set(), "estate": set()}
    for call in estate.cloud.calls(since):
        purpose = call["principal"].split("/")[1].removeprefix("deploy-console-")
        if call["account"] == MEDIA and "console-run" in call["principal"] and call["service"] != "sts":
            called[purpose].add(_action(call))
    for purpose, calls in called.items():
        statements = [one for text in policies[purpose] for one in json.loads(text)["Statement"]]
        assert [call for call in calls if not _allows(statements, *call)] == []
        allowed = {action for one in statements for action in one["Action"]}
        assert allowed - {action for action, _ in calls} == set()


def _make_and_change_everything(estate: Estate) -> None:
    """Adopt and create; bring back every setting that somebody changed."""
    estate.adopted()
    estate.new_bucket("dev", NEW)
    estate.look()
    estate.applied(*(c.address for c in estate.plan().changes if c.action == "create"))
    s3 = estate.s3
    s3.put_public_access_block(
        Bucket=NEW, PublicAccessBlockConfiguration={"BlockPublicAcls": False, "IgnorePublicAcls": False}
    )
    s3.put_bucket_ownership_controls(
        Bucket=NEW, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    kms = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    s3.put_bucket_encryption(Bucket=NEW, ServerSideEncryptionConfiguration={"Rules": [kms]})
    edge = estate.cloud.client("cloudfront", "media", "estate")
    controls = edge.list_origin_access_controls()["OriginAccessControlList"]["Items"]
    made = next(one for one in controls if one["Name"] == NEW)
    etag = edge.get_origin_access_control(Id=made["Id"])["ETag"]
    config = {name: made[name] for name in ("Name", "SigningProtocol", "OriginAccessControlOriginType")}
    edge.update_origin_access_control(
        Id=made["Id"], IfMatch=etag, OriginAccessControlConfig={**config, "SigningBehavior": "never"}
    )
    estate.look()
    estate.applied(*(c.address for c in estate.plan().changes if c.address.name == NEW))


def _delete_what_was_made(estate: Estate) -> None:
    """A policy, a bucket, and an access control that no distribution names."""
    from provisioning.models import Resource

    estate.new_bucket("dev", OLD)
    estate.look()
    estate.applied(*(Address(kind, MEDIA, NEW) for kind in ("bucket", "bucket-policy", "access-control")))
    assert not Resource.objects.filter(name=NEW, owned=True).exists()


def _action(call: dict[str, Any]) -> tuple[str, str]:
    """The IAM action and resource of a call on record."""
    operation, service = call["operation"], call["service"]
    action = f"{service}:{ACTIONS.get(operation, operation)}"
    if service == "s3":
        return action, f"arn:aws:s3:::{call['resource'].partition('/')[0]}"
    kind = "*" if operation in LISTS else f"arn:aws:cloudfront::{MEDIA}:origin-access-control/one"
    return action, kind


def _allows(statements: Iterable[dict[str, Any]], action: str, resource: str) -> bool:
    return any(
        action in one["Action"]
        and any(fnmatchcase(resource, pattern) or pattern == resource for pattern in one["Resource"])
        for one in statements
    )
