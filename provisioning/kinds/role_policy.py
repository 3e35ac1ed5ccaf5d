"""What roles may do: one inline policy of the console's, and nothing besides."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Never

from aws.access import Account as Door
from aws.errors import AwsError, NotFound
from provisioning.ids import Ids
from provisioning.kinds.found import Found, NotReady, Refused, deleting, never_deleted
from provisioning.kinds.policy_document import statements_in, written
from provisioning.shapes import DeployPolicy, RolePolicy

AT_ONCE = 8
NAME = "console"
CHARACTERS = 10_240
"""AWS: of all inline policies of a role together, blanks not counted."""


@dataclass(frozen=True)
class Policies:
    """One kind; both differ only in when they are written, and how long what they replace stays."""

    shape: Callable[..., RolePolicy]
    patience: float

    def read(self, door: Door, names: Collection[str], ids: Ids) -> Mapping[str, Found]:
        """Three calls each, several roles at a time. One without any policy has none."""
        with ThreadPoolExecutor(AT_ONCE) as threads:
            found = threads.map(lambda name: self._found(door, name, ids), names)
            return {name: one for name, one in zip(names, found, strict=True) if one}

    def create(self, door: Door, name: str, shape: RolePolicy, ids: Ids) -> None:
        """AWS: a policy of the same name is replaced."""
        text = written(shape.statements, door.account_id, ids)
        if len(text) > CHARACTERS:
            raise Refused(
                f"What the role {name} needs takes {len(text):,} characters, and AWS lets a role have {CHARACTERS:,}. "
                "Put some of the products into another account, or take the account's role for access out of its settings and "
                "have the owner install what is then shown as managed policies."
            )
        try:
            door.write("iam", "PutRolePolicy", name, RoleName=name, PolicyName=NAME, PolicyDocument=text)
        except AwsError as error:
            if error.code != "LimitExceeded":
                raise
            raise Refused(
                f"The role {name} has other inline policies, with which what it needs is longer than AWS lets a role have. "
                "Delete them in IAM, then go on."
            ) from error

    def update(self, door: Door, name: str, found: Found, shape: RolePolicy, ids: Ids) -> None:
        """Its own policy first: the role is never without the rights that it needs.

        AWS: what is given and what is taken away spread by themselves. Raises NotReady in between, as others may be at work
        with what is taken away.
        """
        now = found.shape
        assert isinstance(now, RolePolicy)
        if now.statements != shape.statements:
            self.create(door, name, shape, ids)
            if now.other_policies and self.patience:
                raise NotReady(
                    self.patience, f"The role {name} keeps its other policies until its own holds."
                )
        for other in now.other_policies:
            _take_away(door, name, other)

    def delete(self, door: Door, name: str, found: Found, ids: Ids) -> Never:
        never_deleted("the rights of the roles that it takes itself")

    def _found(self, door: Door, name: str, ids: Ids) -> Found | None:
        try:
            inline = _all(door, "ListRolePolicies", "PolicyNames", name)
        except NotFound:
            return None
        attached = [
            one["PolicyArn"] for one in _all(door, "ListAttachedRolePolicies", "AttachedPolicies", name)
        ]
        if not inline and not attached:
            return None
        others = sorted([*attached, *(one for one in inline if one != NAME)])
        statements = statements_in(_document(door, name), door.account_id, ids) if NAME in inline else ()
        return Found(self.shape(statements=statements, other_policies=tuple(others)))


def _all(door: Door, operation: str, key: str, name: str) -> list[Any]:
    """AWS: 100 a page."""
    found: list[Any] = []
    page: dict[str, Any] = {"RoleName": name}
    while True:
        answer = door.read("iam", operation, name, **page)
        found += answer[key]
        if not answer.get("IsTruncated"):
            return found
        page["Marker"] = answer["Marker"]


def _document(door: Door, name: str) -> Mapping[str, Any]:
    answer = door.read("iam", "GetRolePolicy", name, RoleName=name, PolicyName=NAME)
    document: Mapping[str, Any] = answer["PolicyDocument"]
    return document


def _take_away(door: Door, name: str, other: str) -> None:
    """An ARN is of a managed policy, which stays; an inline one has only its name, and is gone."""
    with deleting():
        if other.startswith("arn:"):
            door.write("iam", "DetachRolePolicy", name, RoleName=name, PolicyArn=other)
        else:
            door.write("iam", "DeleteRolePolicy", name, RoleName=name, PolicyName=other)


EARLY, LATE = Policies(RolePolicy, 0), Policies(DeployPolicy, 5)
