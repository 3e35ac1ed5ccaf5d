"""What an account's owner does by hand: installs what the account's page shows."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.provisioning.conftest import Estate


def install_access(estate: "Estate", account: str) -> None:
    """The role for access as it is shown, in place of what it may do at first."""
    from products.models import Account
    from products.policies import policies_of

    iam = iam_of(estate, account)
    told = next(one for one in policies_of(Account.objects.get(name=account)) if one["purpose"] == "access")
    name = told["role"].rsplit("/", 1)[-1]
    for number, text in enumerate(told["permissions"]):
        iam.put_role_policy(RoleName=name, PolicyName=f"shown-{number}", PolicyDocument=text)
    for one in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=one["PolicyArn"])


def iam_of(estate: "Estate", account: str) -> Any:
    """IAM as the account's owner uses it."""
    return estate.cloud.client("iam", account, "owner", region="us-east-1")


def remove_role(estate: "Estate", account: str, name: str) -> None:
    iam = iam_of(estate, account)
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    for one in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=one["PolicyArn"])
    iam.delete_role(RoleName=name)
