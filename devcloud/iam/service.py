"""The front of IAM: roles and their policies."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from devcloud.errors import AwsError
from devcloud.front import carry_out
from devcloud.iam.state import Rights, Role, Roles
from devcloud.settings import Settings
from devcloud.wire import Reply, Request

Result = dict[str, Any]
INLINE_CHARACTERS, MANAGED_CHARACTERS = 10_240, 6_144


@dataclass(frozen=True)
class IamCall:
    """A call to IAM with its parameters as boto3 names them."""

    request: Request
    params: dict[str, Any]
    roles: Roles
    settings: Settings

    @property
    def account(self) -> str:
        return self.request.principal.account

    @property
    def holds_from(self) -> float:
        return self.request.now + self.settings.iam_seconds

    def role(self) -> Role:
        """Raises AwsError NoSuchEntity."""
        found = self.roles.named(self.account, self.params["RoleName"])
        if found is None:
            raise no_such_entity(f"The role with name {self.params['RoleName']} cannot be found.")
        return found

    def change(self, **rights: Any) -> Result:
        role = self.role()
        role.change(replace(role.rights, **rights), self.holds_from)
        return {}

    def document(self, name: str) -> str:
        """A policy of the call. Raises AwsError MalformedPolicyDocument."""
        text: str = self.params[name]
        try:
            statements = json.loads(text)["Statement"]
        except (ValueError, KeyError, TypeError) as error:
            raise _malformed("Syntax errors in policy.") from error
        for one in statements if isinstance(statements, list) else [statements]:
            if one.get("Effect") not in ("Allow", "Deny") or not one.get("Action"):
                raise _malformed("Policy statement must contain actions.")
        return text

    def boundary(self) -> str:
        """AWS: a boundary is a managed policy that is there."""
        arn: str = self.params.get("PermissionsBoundary", "")
        if arn and arn not in self.roles.policies:
            raise no_such_entity(f"Scope ARN: {arn} does not exist or is not attachable.")
        return arn


def handle(request: Request, roles: Roles, settings: Settings) -> Reply:
    """Carry out one call. Raises AwsError for every refusal."""
    return carry_out(request, OPERATIONS, lambda params: IamCall(request, params, roles, settings))


def create_role(call: IamCall) -> Result:
    name, path = call.params["RoleName"], call.params.get("Path", "/")
    if call.roles.named(call.account, name):
        raise AwsError("EntityAlreadyExists", 409, f"Role with name {name} already exists.")
    trust = call.document("AssumeRolePolicyDocument")
    role = Role(call.account, name, path, Rights(trust, boundary=call.boundary()), _tags(call))
    role.is_born(call.holds_from)
    call.roles.by_arn[role.arn] = role
    return {"Role": _shown(role)}


def get_role(call: IamCall) -> Result:
    return {"Role": _shown(call.role())}


def delete_role(call: IamCall) -> Result:
    """AWS: not while it has policies."""
    role = call.role()
    if role.rights.inline or role.rights.attached:
        raise AwsError("DeleteConflict", 409, "Cannot delete entity, must delete policies first.")
    del call.roles.by_arn[role.arn]
    return {}


def update_assume_role_policy(call: IamCall) -> Result:
    return call.change(trust=call.document("PolicyDocument"))


def put_permissions_boundary(call: IamCall) -> Result:
    return call.change(boundary=call.boundary())


def delete_permissions_boundary(call: IamCall) -> Result:
    return call.change(boundary="")


def tag_role(call: IamCall) -> Result:
    call.role().tags |= _tags(call)
    return {}


def untag_role(call: IamCall) -> Result:
    for key in call.params["TagKeys"]:
        call.role().tags.pop(key, None)
    return {}


def put_role_policy(call: IamCall) -> Result:
    """AWS: all inline policies of a role together have at most 10,240 characters, blanks not counted."""
    role, name = call.role(), call.params["PolicyName"]
    rights = role.rights.with_inline(name, call.document("PolicyDocument"))
    size = sum(len("".join(text.split())) for _, text in rights.inline)
    if size > INLINE_CHARACTERS:
        message = f"Maximum policy size of {INLINE_CHARACTERS} bytes exceeded for role {role.name}"
        raise AwsError("LimitExceeded", 409, message)
    role.change(rights, call.holds_from)
    return {}


def get_role_policy(call: IamCall) -> Result:
    role, name = call.role(), call.params["PolicyName"]
    return {"RoleName": role.name, "PolicyName": name, "PolicyDocument": quote(_inline(role, name), safe="")}


def list_role_policies(call: IamCall) -> Result:
    return {"PolicyNames": [name for name, _ in call.role().rights.inline], "IsTruncated": False}


def delete_role_policy(call: IamCall) -> Result:
    role, name = call.role(), call.params["PolicyName"]
    _inline(role, name)
    role.change(role.rights.without_inline(name), call.holds_from)
    return {}


def attach_role_policy(call: IamCall) -> Result:
    role, arn = call.role(), call.params["PolicyArn"]
    if arn not in call.roles.policies:
        raise no_such_entity(f"Policy {arn} does not exist or is not attachable.")
    return call.change(attached=(*(each for each in role.rights.attached if each != arn), arn))


def detach_role_policy(call: IamCall) -> Result:
    role, arn = call.role(), call.params["PolicyArn"]
    if arn not in role.rights.attached:
        raise no_such_entity(f"Policy {arn} was not found.")
    return call.change(attached=tuple(each for each in role.rights.attached if each != arn))


def list_attached_role_policies(call: IamCall) -> Result:
    attached = call.role().rights.attached
    shown = [{"PolicyName": arn.rsplit("/", 1)[-1], "PolicyArn": arn} for arn in attached]
    return {"AttachedPolicies": shown, "IsTruncated": False}


def create_policy(call: IamCall) -> Result:
    name = call.params["PolicyName"]
    arn = f"arn:aws:iam::{call.account}:policy/{name}"
    if arn in call.roles.policies:
        raise AwsError("EntityAlreadyExists", 409, f"A policy called {name} already exists.")
    text = call.document("PolicyDocument")
    if len("".join(text.split())) > MANAGED_CHARACTERS:
        raise AwsError("LimitExceeded", 409, f"Cannot exceed quota for PolicySize: {MANAGED_CHARACTERS}")
    call.roles.policies[arn] = text
    return {"Policy": {"PolicyName": name, "Arn": arn}}


def get_policy(call: IamCall) -> Result:
    arn = call.params["PolicyArn"]
    _managed(call)
    return {"Policy": {"PolicyName": arn.rsplit("/", 1)[-1], "Arn": arn, "DefaultVersionId": "v1"}}


def get_policy_version(call: IamCall) -> Result:
    document = quote(_managed(call), safe="")
    return {"PolicyVersion": {"VersionId": "v1", "IsDefaultVersion": True, "Document": document}}


def _managed(call: IamCall) -> str:
    found = call.roles.policies.get(call.params["PolicyArn"])
    if found is None:
        raise no_such_entity(f"Policy {call.params['PolicyArn']} was not found.")
    return found


def delete_policy(call: IamCall) -> Result:
    """AWS: not while it is attached. Of a boundary that is not written; here the roles within it may then do nothing."""
    if any(call.params["PolicyArn"] in role.rights.attached for role in call.roles.by_arn.values()):
        raise AwsError("DeleteConflict", 409, "Cannot delete a policy attached to entities.")
    if call.roles.policies.pop(call.params["PolicyArn"], None) is None:
        raise no_such_entity(f"Policy {call.params['PolicyArn']} was not found.")
    return {}


def _inline(role: Role, name: str) -> str:
    text = dict(role.rights.inline).get(name)
    if text is None:
        raise no_such_entity(f"The role policy with name {name} cannot be found.")
    return text


def _tags(call: IamCall) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in call.params.get("Tags", ())}


def _shown(role: Role) -> Result:
    """AWS: documents are written as in an address."""
    shown = {
        "RoleName": role.name,
        "Path": role.path,
        "Arn": role.arn,
        "RoleId": role.id,
        "CreateDate": "2026-01-01T00:00:00Z",
        "AssumeRolePolicyDocument": quote(role.rights.trust, safe=""),
        "Tags": [{"Key": key, "Value": value} for key, value in role.tags.items()],
    }
    bound = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": role.rights.boundary}
    return shown | ({"PermissionsBoundary": bound} if role.rights.boundary else {})


def no_such_entity(message: str) -> AwsError:
    return AwsError("NoSuchEntity", 404, message)


def _malformed(message: str) -> AwsError:
    return AwsError("MalformedPolicyDocument", 400, message)


OPERATIONS: Mapping[str, Callable[[IamCall], Result]] = {
    "CreateRole": create_role,
    "GetRole": get_role,
    "DeleteRole": delete_role,
    "UpdateAssumeRolePolicy": update_assume_role_policy,
    "PutRolePermissionsBoundary": put_permissions_boundary,
    "DeleteRolePermissionsBoundary": delete_permissions_boundary,
    "TagRole": tag_role,
    "UntagRole": untag_role,
    "PutRolePolicy": put_role_policy,
    "GetRolePolicy": get_role_policy,
    "ListRolePolicies": list_role_policies,
    "DeleteRolePolicy": delete_role_policy,
    "AttachRolePolicy": attach_role_policy,
    "DetachRolePolicy": detach_role_policy,
    "ListAttachedRolePolicies": list_attached_role_policies,
    "CreatePolicy": create_policy,
    "GetPolicy": get_policy,
    "GetPolicyVersion": get_policy_version,
    "DeletePolicy": delete_policy,
}
