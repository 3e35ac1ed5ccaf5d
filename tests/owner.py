"""What an account's owner does by hand: installs the policies that the account's page shows, and removes roles."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.cloud import CloudProcess


def install_shown(cloud: CloudProcess, account: str, *purposes: str) -> None:
    """The permissions of these roles as they are shown, in place of what they may do at first. They hold at once."""
    from products.models import Account
    from products.policies import policies_of

    iam = iam_of(cloud, account)
    with _at_once(cloud):
        for told in policies_of(Account.objects.get(name=account)):
            if told["purpose"] in purposes:
                name = told["role"].rsplit("/", 1)[-1]
                _take_away(iam, name)
                for number, text in enumerate(told["permissions"]):
                    if json.loads(text)["Statement"]:
                        iam.put_role_policy(RoleName=name, PolicyName=f"shown-{number}", PolicyDocument=text)


def install_boundary(cloud: CloudProcess, account: str, *roles: str) -> None:
    """As it is shown, in place of what is there at first; these roles are given it."""
    from products.models import Account
    from products.policies import boundary_of

    iam, shown = iam_of(cloud, account), boundary_of(Account.objects.get(name=account))
    assert shown is not None
    iam.delete_policy(PolicyArn=shown["policy"])
    iam.create_policy(PolicyName=shown["policy"].rsplit("/", 1)[-1], PolicyDocument=shown["document"])
    with _at_once(cloud):
        for role in roles:
            iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=shown["policy"])


@contextmanager
def _at_once(cloud: CloudProcess) -> Iterator[None]:
    """What is changed meanwhile holds without delay."""
    before = cloud.settings()["iam_seconds"]
    cloud.settings(iam_seconds=0)
    yield
    cloud.settings(iam_seconds=before)


def remove_role(cloud: CloudProcess, account: str, name: str) -> None:
    iam = iam_of(cloud, account)
    _take_away(iam, name)
    iam.delete_role(RoleName=name)


def actions_in(texts: Iterable[str]) -> set[str]:
    """All actions that policies name."""
    return {action for text in texts for one in json.loads(text)["Statement"] for action in one["Action"]}


def called(calls: Iterable[dict[str, Any]], role: str, accounts: Iterable[str]) -> set[str]:
    """All actions that calls of the role in these accounts needed."""
    mine = [
        call
        for call in calls
        if call["account"] in accounts and f":assumed-role/{role}/console-" in call["principal"]
    ]
    return {need.partition(" ")[0] for call in mine for need in call["needs"] if call["service"] != "sts"}


def iam_of(cloud: CloudProcess, account: str) -> Any:
    """IAM as the account's owner uses it."""
    return cloud.client("iam", account, "owner", region="us-east-1")


def _take_away(iam: Any, name: str) -> None:
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    for one in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=one["PolicyArn"])
