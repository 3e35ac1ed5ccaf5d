"""What is installed in an account for each purpose: who may take the role, and the least that it must be able to do."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from aws.fleet_policies import fleet_deploy_policy, fleet_read_policy
from aws.policies import deploy_policy, numbers_policy, read_policy, trust_policy
from aws.replication_policies import role_arn
from aws.role_policies import access_policy, boundary_arn, boundary_policy
from products.access import access_for, more_roles, policies_for
from products.models import Account, Purpose
from products.reach import OfDistribution, Rows, by_id, fleet_reach_of, reach_of, rows

NOBODY = "the ARN of the workers' role (set CONSOLE_WORKER_PRINCIPAL)"


def purposes_of(account: Account) -> list[Purpose]:
    """The purposes for which the account has a role, in the order of the enumeration."""
    there = {role.purpose for role in account.roles.all()}
    return [purpose for purpose in Purpose if purpose in there]


def permissions_of(
    account: Account, known: Rows, distribution: OfDistribution = by_id
) -> Mapping[Purpose, list[str]]:
    """What products need of each role, as JSON documents; what keeping resources needs comes besides."""
    reaches, fleet = reach_of(account, known, distribution), fleet_reach_of(account, known)
    return {
        Purpose.READ: [
            *map(read_policy, reaches),
            *([fleet_read_policy(fleet)] if fleet else []),
            *([numbers_policy()] if fleet or reaches[0].buckets else []),
        ],
        Purpose.DEPLOY: [*map(deploy_policy, reaches), *([fleet_deploy_policy(fleet)] if fleet else [])],
        Purpose.ACCESS: [access_policy(account.aws_id, kept_by_console(account))],
    }


def kept_by_console(account: Account) -> list[str]:
    """The ARNs of the roles that the role for access keeps: all others, and the one that S3 takes."""
    others = (role.role_arn for role in account.roles.all() if role.purpose != Purpose.ACCESS)
    return sorted({*others, role_arn(account.aws_id)})


def policies_of(account: Account) -> list[dict[str, Any]]:
    """Per role: the trust policy and the least permissions to install, as JSON documents."""
    principal = settings.CONSOLE_WORKER_PRINCIPAL or NOBODY
    permissions = permissions_of(account, rows())
    own = [
        {
            "purpose": purpose.label.lower(),
            "role": role.role_arn,
            "trust": trust_policy(principal, role.external_id),
            "permissions": [
                *permissions.get(purpose, ()),
                *(text for told in policies_for for text in told(account, purpose)),
            ],
        }
        for purpose in purposes_of(account)
        for role in [access_for(account, purpose)]
    ]
    return [*own, *(one for tell in more_roles for one in tell(account))]


def boundary_of(account: Account) -> dict[str, str] | None:
    """The policy that the kept roles never go beyond, by its ARN; None where the console keeps no roles."""
    if Purpose.ACCESS not in purposes_of(account):
        return None
    known = rows()
    fleet, reaches = fleet_reach_of(account, known), reach_of(account, known)
    buckets = [name for reach in reaches for name in (*reach.buckets, reach.artifact_bucket) if name]
    logs = [one.log_bucket for one in known.products if one.log_account_id == account.pk]
    every = (*buckets, *logs, *fleet.code_buckets, *fleet.sources, *fleet.kept)
    document = boundary_policy(account.aws_id, every, fleet.prefixes)
    return {"policy": boundary_arn(account.aws_id), "document": document}
