"""The policies that an account's admin installs for the console: who may take a role, and the least it must be able to.

Pure: from names to JSON documents.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Statement = dict[str, Any]

DISTRIBUTION_READS = ("cloudfront:GetDistribution",)
DISTRIBUTION_WRITES = ("cloudfront:CreateInvalidation",)
NUMBERS = ("cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmHistory")
BUCKET_READS = ("s3:ListBucket", "s3:GetBucketVersioning")


@dataclass(frozen=True, slots=True)
class Reach:
    """What the console works on in one account.

    `artifact_bucket` is where releases are kept, in this account (`keeps_artifacts`) or in another one.
    """

    account_id: str
    buckets: tuple[str, ...] = ()
    distributions: tuple[str, ...] = ()
    artifact_bucket: str = ""
    keeps_artifacts: bool = False


def trust_policy(worker_principal: str, external_id: str) -> str:
    """Who may take the role: exactly the workers' own role, and only with this account's external id.

    AWS: the external id keeps others who trust the same console from being reached through it (the confused
    deputy). SetSourceIdentity lets CloudTrail name the person; it carries no external id of its own.
    """
    allowed = {"Effect": "Allow", "Principal": {"AWS": worker_principal}}
    return document(
        {
            **allowed,
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
        },
        {**allowed, "Action": "sts:SetSourceIdentity"},
    )


def read_policy(reach: Reach) -> str:
    """The least that showing an account needs."""
    return document(
        *allow("Buckets", BUCKET_READS, _buckets(_all_buckets(reach))),
        *allow("Distributions", DISTRIBUTION_READS, _all_distributions(reach)),
    )


def numbers_policy() -> str:
    """The least that asking for numbers and alarms needs. AWS: numbers are allowed for all that an account has, or none."""
    return document(*allow("Numbers", NUMBERS, ("*",)))


def deploy_policy(reach: Reach) -> str:
    """The least that deployments need. Old versions of objects stay out of its reach."""
    objects = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
    writes = (*DISTRIBUTION_READS, *DISTRIBUTION_WRITES)
    return document(
        *allow("Buckets", BUCKET_READS, _buckets(_all_buckets(reach))),
        *allow("Objects", objects, _objects(reach.buckets)),
        *_artifacts(reach),
        *allow("Distributions", writes, _distributions(reach)),
    )


def _artifacts(reach: Reach) -> list[Statement]:
    if not reach.artifact_bucket:
        return []
    releases = (f"arn:aws:s3:::{reach.artifact_bucket}/releases/*",)
    if not reach.keeps_artifacts:
        return allow("Releases", ("s3:GetObject",), releases)
    incoming = (f"arn:aws:s3:::{reach.artifact_bucket}/incoming/*",)
    return [
        *allow("Releases", ("s3:GetObject", "s3:PutObject"), releases),
        *allow("Incoming", ("s3:GetObject",), incoming),
    ]


def _all_buckets(reach: Reach) -> tuple[str, ...]:
    """Those of the account itself: one of another account is only copied from."""
    archive = (reach.artifact_bucket,) if reach.keeps_artifacts else ()
    return tuple(dict.fromkeys((*reach.buckets, *archive)))


def _buckets(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"arn:aws:s3:::{name}" for name in names)


def _objects(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"arn:aws:s3:::{name}/*" for name in names)


def _distributions(reach: Reach) -> tuple[str, ...]:
    return tuple(
        f"arn:aws:cloudfront::{reach.account_id}:distribution/{each}" for each in reach.distributions
    )


def _all_distributions(reach: Reach) -> tuple[str, ...]:
    """Those that are only looked at: what is made later is seen without another policy."""
    return (f"arn:aws:cloudfront::{reach.account_id}:distribution/*",) if reach.distributions else ()


def allow(sid: str, actions: Sequence[str], resources: Sequence[str]) -> list[Statement]:
    """One statement, or none when there is nothing to allow it on: AWS refuses an empty list."""
    if not resources:
        return []
    return [{"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}]


def document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)
