"""The policies that an account's owner installs once, so that the console keeps its other roles there itself.

AWS: who may write a role's policy could write any. A permissions boundary ends that: rights beyond it are none, whatever
the role's own policies say, and the condition `iam:PermissionsBoundary` lets only roles within it be written.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from aws.estate_policies import (
    BUCKET_READS,
    OF_ADDRESSES,
    REPLICATION_READS,
    EstateReach,
    estate_dns_policy,
    estate_policy,
    estate_read_policy,
)
from aws.fleet_policies import FUNCTION_WRITES, FleetReach, fleet_deploy_policy, fleet_read_policy
from aws.policies import Reach, allow, deploy_policy, document, numbers_policy, read_policy
from aws.replication_policies import pass_role, replication_policy

BOUNDARY = "deploy-console-boundary"
BOUNDARY_READS = ("iam:GetPolicy", "iam:GetPolicyVersion")
ROLE_READS = ("iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies")
BOUNDED_WRITES = (
    "iam:CreateRole",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
)
OTHER_WRITES = ("iam:UpdateAssumeRolePolicy", "iam:TagRole")
"""AWS: these know no such condition. Whoever takes a role that has the boundary is held by it; one that was made by hand must
be given it before."""


def boundary_arn(account_id: str) -> str:
    return f"arn:aws:iam::{account_id}:policy/{BOUNDARY}"


def access_policy(account_id: str, roles: Sequence[str]) -> str:
    """The least that keeping these roles, given by their ARNs, needs. It must not name the role that it is given to."""
    bounded = {"StringEquals": {"iam:PermissionsBoundary": boundary_arn(account_id)}}
    return document(
        *allow("SeeRoles", ROLE_READS, roles),
        *allow("SeeBoundary", BOUNDARY_READS, (boundary_arn(account_id),)),
        *(one | {"Condition": bounded} for one in allow("KeepRights", BOUNDED_WRITES, roles)),
        *allow("KeepTrust", OTHER_WRITES, roles),
    )


def boundary_policy(account_id: str, buckets: Iterable[str] = (), prefixes: Iterable[str] = ()) -> str:
    """The furthest that any other role of the console ever goes: no action that none of them may need, and what writes only
    where the console works.

    AWS: new code of a function runs as that function's role, so only functions with these `prefixes` get any, and only
    versions are deleted. Of DNS only where names lead is in reach, of roles only to give S3 the one that copies. Buckets and
    their objects are those whose names end in the account's number, as proposed ones do, or begin with one of `buckets`; a
    star spans slashes, too, so that elsewhere a key that bears the number is in reach, and no other.
    """
    actions = {one for one in _actions(_every_policy()) if not one.startswith("iam:")}
    code = {one for one in actions if one in CODE_WRITES}
    objects = {one for one in actions if one.startswith("s3:") and one not in BUCKET_SETTINGS}
    records = {"route53:ChangeResourceRecordSets"}
    functions = f"arn:aws:lambda:*:{account_id}:function:"
    return document(
        *allow("TheConsole", sorted(actions - code - objects - records - VERSIONS), ("*",)),
        *allow("Objects", sorted(objects), _own_buckets(account_id, buckets)),
        *allow("Code", sorted(code), [f"{functions}{prefix}*" for prefix in sorted({*prefixes})]),
        *allow("Versions", sorted(VERSIONS), (f"{functions}*:*",)),
        *(one | {"Condition": OF_ADDRESSES} for one in allow("Records", sorted(records), ("*",))),
        *pass_role(account_id),
    )


CODE_WRITES = frozenset(FUNCTION_WRITES) - {"lambda:GetAlias"}
VERSIONS = frozenset({"lambda:DeleteFunction"})
BUCKET_SETTINGS = frozenset((*BUCKET_READS, *REPLICATION_READS))


def _own_buckets(account_id: str, names: Iterable[str]) -> list[str]:
    """With all that is in them, and their copies in another Region."""
    ours = f"-{account_id}"
    others = sorted(name for name in {*names} if ours not in name)
    return [
        f"arn:aws:s3:::{pattern}"
        for pattern in (f"*{ours}", f"*{ours}/*", f"*{ours}-*", *(f"{n}*" for n in others))
    ]


def missing_in(document: Mapping[str, Any], account_id: str) -> list[str]:
    """The actions that a boundary as it is installed does not name: one for an older version of the console, for instance.

    What it says of resources is its owner's, and of functions whether there are any; one that denies, or names what it does
    not mean, is not judged.
    """
    found = document.get("Statement", ())
    statements = found if isinstance(found, list | tuple) else [found]
    if any(one.get("Effect") != "Allow" or "NotAction" in one for one in statements):
        return []
    named = (one.get("Action", ()) for one in statements)
    patterns = [each.lower() for one in named for each in ([one] if isinstance(one, str) else one)]
    needed = sorted(_actions([boundary_policy(account_id)]))
    return [one for one in needed if not any(fnmatchcase(one.lower(), pattern) for pattern in patterns)]


def _every_policy() -> Iterable[str]:
    """Each policy for an account in which there is everything."""
    some = ("some",)
    reach = Reach("*", some, some, "some", keeps_artifacts=True)
    fleet = FleetReach("*", "*", prefixes=some, apis=some, code_buckets=some, sources=some, kept=some)
    estate = EstateReach(
        "*",
        buckets=some,
        edge=True,
        certificates=True,
        acls=True,
        metrics=True,
        alarms=True,
        log_destinations=True,
        log_deliveries=True,
        domains=some,
        replicated=some,
        replicas=some,
    )
    yield replication_policy(some, some)
    yield from (write(reach) for write in (read_policy, deploy_policy))
    yield numbers_policy()
    yield from (write(fleet) for write in (fleet_read_policy, fleet_deploy_policy))
    yield from (write(estate) for write in (estate_read_policy, estate_policy, estate_dns_policy))


def _actions(texts: Iterable[str]) -> set[str]:
    return {action for text in texts for one in json.loads(text)["Statement"] for action in one["Action"]}
