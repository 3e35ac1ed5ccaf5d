"""The role that S3 takes to copy buckets into another Region, and the right to give it that role."""

from collections.abc import Sequence

from aws.policies import Statement, allow, document

SERVICE = "s3.amazonaws.com"
ROLE = "deploy-console-replication"


def role_arn(account_id: str, name: str = ROLE) -> str:
    return f"arn:aws:iam::{account_id}:role/{name}"


def replication_trust() -> str:
    """Only S3. AWS: a role is given only to buckets of its own account, and S3 tells no condition key when it takes it."""
    return document({"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"})


def replication_policy(sources: Sequence[str], targets: Sequence[str]) -> str:
    """The least that copying new objects of the `sources` into the `targets` needs. Both are names of buckets."""
    of = "s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"
    to = "s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"
    buckets = [f"arn:aws:s3:::{name}" for name in sources]
    return document(
        *allow("Sources", ("s3:GetReplicationConfiguration", "s3:ListBucket"), buckets),
        *allow("Versions", of, [f"{bucket}/*" for bucket in buckets]),
        *allow("Copies", to, [f"arn:aws:s3:::{name}/*" for name in targets]),
    )


def pass_role(account_id: str) -> list[Statement]:
    """AWS: who has S3 copy must be allowed to give it that role, and to nobody else."""
    given = {"StringEquals": {"iam:PassedToService": SERVICE}}
    return [
        one | {"Condition": given} for one in allow("GiveRoleToS3", ("iam:PassRole",), [role_arn(account_id)])
    ]
