"""The policies for keeping AWS resources: what looking at them and changing them needs, and no more.

AWS: some actions are not named like their calls: `GetBucketEncryption` needs `s3:GetEncryptionConfiguration`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aws.policies import allow, document

BUCKET_READS = (
    "s3:GetBucketLocation",
    "s3:GetBucketVersioning",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketOwnershipControls",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetBucketTagging",
    "s3:GetBucketPolicy",
)
BUCKET_WRITES = (
    "s3:CreateBucket",
    "s3:DeleteBucket",
    "s3:PutBucketVersioning",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketOwnershipControls",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutBucketTagging",
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
)
EDGE_LISTS = ("cloudfront:ListOriginAccessControls",)
CONTROL_CREATES = ("cloudfront:CreateOriginAccessControl",)
CONTROL_WRITES = (
    "cloudfront:GetOriginAccessControl",
    "cloudfront:UpdateOriginAccessControl",
    "cloudfront:DeleteOriginAccessControl",
)


@dataclass(frozen=True, slots=True)
class EstateReach:
    """The resources that the console keeps in one account: `buckets` by name, and whether any are of CloudFront."""

    account_id: str
    buckets: tuple[str, ...] = ()
    edge: bool = False


def estate_read_policy(reach: EstateReach) -> str:
    """The least that looking at resources needs."""
    return document(
        *allow("BucketSettings", BUCKET_READS, _buckets(reach)),
        *allow("EdgeLists", EDGE_LISTS, ("*",) if reach.edge else ()),
    )


def estate_policy(reach: EstateReach) -> str:
    """The least that changing them needs: no object, no deployment. AWS: ids of CloudFront are known only afterwards."""
    controls = f"arn:aws:cloudfront::{reach.account_id}:origin-access-control/*"
    return document(
        *allow("BucketSettings", (*BUCKET_READS, *BUCKET_WRITES), _buckets(reach)),
        *allow("EdgeLists", EDGE_LISTS, ("*",) if reach.edge else ()),
        *allow("AccessControls", (*CONTROL_CREATES, *CONTROL_WRITES), (controls,) if reach.edge else ()),
    )


def _buckets(reach: EstateReach) -> Sequence[str]:
    return [f"arn:aws:s3:::{name}" for name in reach.buckets]
