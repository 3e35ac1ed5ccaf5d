"""The policies that an account's owner installs once, so that the console keeps its other roles there itself.

AWS: who may write a role's policy could write any. A permissions boundary ends that: rights beyond it are none, whatever
the role's own policies say, and the condition `iam:PermissionsBoundary` lets only roles within it be written.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from aws.estate_policies import EstateReach, estate_dns_policy, estate_policy, estate_read_policy
from aws.fleet_policies import FleetReach, fleet_deploy_policy, fleet_read_policy
from aws.policies import Reach, allow, deploy_policy, document, read_policy
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
"""AWS: these know no such condition. Whoever takes such a role is held by its boundary all the same."""


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


def boundary_policy(account_id: str) -> str:
    """The furthest that any other role of the console ever goes: all actions that one of them may ever need.

    Of roles that is one: to give S3 the one that copies.
    """
    actions = {action for action in _actions(_every_policy()) if not action.startswith("iam:")}
    return document(*allow("TheConsole", sorted(actions), ("*",)), *pass_role(account_id))


def missing_in(document: Mapping[str, Any], account_id: str) -> list[str]:
    """The actions that a boundary as it is installed does not name: of an older version of the console, for instance."""
    found = document.get("Statement", ())
    statements = found if isinstance(found, list | tuple) else [found]
    patterns = [
        action.lower()
        for one in statements
        if one.get("Effect") == "Allow"
        for action in ([one["Action"]] if isinstance(one.get("Action"), str) else one.get("Action", ()))
    ]
    needed = sorted(_actions([boundary_policy(account_id)]))
    return [
        action for action in needed if not any(fnmatchcase(action.lower(), pattern) for pattern in patterns)
    ]


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
    yield from (write(fleet) for write in (fleet_read_policy, fleet_deploy_policy))
    yield from (write(estate) for write in (estate_read_policy, estate_policy, estate_dns_policy))


def _actions(texts: Iterable[str]) -> set[str]:
    return {action for text in texts for one in json.loads(text)["Statement"] for action in one["Action"]}
