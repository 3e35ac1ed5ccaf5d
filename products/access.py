"""How workers reach an AWS account, as plain fields; the steps open the door with them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from products.models import Account, Purpose
from users.refusals import Missing


@dataclass(frozen=True)
class RoleAccess:
    """The role of an account for one purpose: 12-digit account id, Region, role ARN, external id."""

    account_id: str
    region: str
    role_arn: str
    external_id: str


def access_for(account: Account, purpose: Purpose) -> RoleAccess:
    """The way in. Raises Missing when the account has no role for that purpose."""
    for role in account.roles.all():
        if role.purpose == purpose:
            return RoleAccess(account.aws_id, account.region, role.role_arn, role.external_id)
    raise Missing(
        f"Account {account.name} ({account.aws_id}) has no role for the purpose {purpose.label.lower()}. "
        "An admin can add its ARN on the account's page."
    )


PoliciesFor = Callable[[Account, Purpose], list[str]]
"""The policies, as JSON texts, that a role for a purpose needs besides those that this app knows."""

policies_for: list[PoliciesFor] = []
"""Where `provisioning`, which knows the resources, tells what keeping them needs (in `AppConfig.ready`)."""

RightsWritten = Callable[[str], bool]
"""Whether the console wrote rights in an account, by its 12 digits, so short ago that AWS may not know of them everywhere."""

rights_written: list[RightsWritten] = []
"""Where `provisioning`, which writes them, tells it (in `AppConfig.ready`)."""

MoreRoles = Callable[[Account], list[dict[str, Any]]]
"""Roles of an account besides those that the console takes, told as `products.policies.policies_of` tells these."""

more_roles: list[MoreRoles] = []
"""Where `provisioning`, which knows what AWS's services take, tells of them (in `AppConfig.ready`)."""

RolesIn = Callable[[Account], dict[str, Any] | None]
"""How the roles stand that the console keeps in an account, None where it keeps none: {roles, plan_url, product}."""

roles_in: list[RolesIn] = []
"""Where `provisioning`, which looks at them, tells it (in `AppConfig.ready`)."""
