"""IAM roles: who may take one, and how far its rights can ever go. What it may do is a resource of its own."""

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Never

from aws.access import Account as Door
from aws.errors import AccessDenied, AwsError, NotFound
from aws.role_policies import boundary_arn, missing_in
from provisioning.desired_buckets import OWNER_TAG
from provisioning.ids import Ids
from provisioning.kinds.found import Found, NotReady, Refused, never_deleted
from provisioning.kinds.policy_document import statements_in, written
from provisioning.shapes import Role

AT_ONCE = 8
AGAIN_SECONDS = 2.0


def read(door: Door, names: Collection[str], ids: Ids) -> Mapping[str, Found]:
    """One call each, several at a time, and two for the boundary of all."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        limits = threads.submit(_outdated, door)
        roles = dict(zip(names, threads.map(lambda name: _role(door, name), names), strict=True))
    return {
        name: Found(_shape(role, door.account_id, ids), waits_for=limits.result())
        for name, role in roles.items()
        if role
    }


def create(door: Door, name: str, shape: Role, ids: Ids) -> None:
    """AWS: a name that is there already is 409; after a lost answer it is our own."""
    try:
        with _within(name, shape):
            door.write(
                "iam",
                "CreateRole",
                name,
                RoleName=name,
                Path=shape.path,
                AssumeRolePolicyDocument=written(shape.trust, door.account_id, ids),
                PermissionsBoundary=shape.boundary,
                Tags=_tags(shape),
            )
    except AwsError as error:
        if error.code != "EntityAlreadyExists":
            raise
        there = read(door, [name], ids).get(name)
        if there is None:
            raise NotReady(
                AGAIN_SECONDS, f"IAM does not show the role {name} yet, which is there."
            ) from error
        update(door, name, there, shape, ids)


def update(door: Door, name: str, found: Found, shape: Role, ids: Ids) -> None:
    """The boundary before all else, because no other right may be given without it."""
    now = found.shape
    assert isinstance(now, Role)
    if now.path != shape.path:
        raise Refused(
            f"The role {name} has the path {now.path}, which AWS never changes. Correct its ARN on the account's page."
        )
    if now.boundary != shape.boundary:
        with _within(name, shape):
            limit = {"RoleName": name, "PermissionsBoundary": shape.boundary}
            door.write("iam", "PutRolePermissionsBoundary", name, **limit)
    if now.trust != shape.trust:
        text = written(shape.trust, door.account_id, ids)
        door.write("iam", "UpdateAssumeRolePolicy", name, RoleName=name, PolicyDocument=text)
    if now.tags != shape.tags:
        door.write("iam", "TagRole", name, RoleName=name, Tags=_tags(shape))


def delete(door: Door, name: str, found: Found, ids: Ids) -> Never:
    never_deleted("the roles that it takes itself")


@contextmanager
def _within(name: str, shape: Role) -> Iterator[None]:
    """AWS: NoSuchEntity where the policy that is to be the boundary is not there. Raises Refused."""
    try:
        yield
    except NotFound as error:
        raise Refused(
            f"The role {name} may only be kept within the policy {shape.boundary}, which is not there, or the role is gone. "
            "The account's owner installs the policy; the account's page shows it."
        ) from error


def _outdated(door: Door) -> str:
    """What the installed boundary keeps from the console's roles, in words; "" when nothing."""
    arn = boundary_arn(door.account_id)
    try:
        version = door.read("iam", "GetPolicy", arn, PolicyArn=arn)["Policy"]["DefaultVersionId"]
        answer = door.read("iam", "GetPolicyVersion", arn, PolicyArn=arn, VersionId=version)
    except NotFound:
        return f"The policy {arn}, its boundary, is not there. The account's owner installs the one on the account's page."
    except AccessDenied as error:
        return f"Whether its boundary lets it do all that it needs is not known. {error}"
    missing = missing_in(answer["PolicyVersion"]["Document"], door.account_id)
    if not missing:
        return ""
    told = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
    return (
        f"Its boundary does not name {told}, so these calls are refused. The account's owner installs the one on the "
        "account's page."
    )


def _role(door: Door, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = door.read("iam", "GetRole", name, RoleName=name)["Role"]
    except NotFound:
        return None
    return found


def _shape(role: Mapping[str, Any], account: str, ids: Ids) -> Role:
    tags = {tag["Key"]: tag["Value"] for tag in role.get("Tags", ())}
    return Role(
        path=role["Path"],
        trust=statements_in(role["AssumeRolePolicyDocument"], account, ids),
        boundary=role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
        tags=((OWNER_TAG, tags[OWNER_TAG]),) if OWNER_TAG in tags else (),
    )


def _tags(shape: Role) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in shape.tags]
