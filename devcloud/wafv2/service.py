"""Web ACLs: create, read, change, delete, list. Their rules are kept, not carried out."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from devcloud.errors import AwsError, not_implemented
from devcloud.front import carry_out
from devcloud.wire import Reply, Request

Result = dict[str, Any]
KEPT = ("DefaultAction", "Description", "Rules", "VisibilityConfig", "CustomResponseBodies")


@dataclass
class WebAcl:
    """A web ACL of CloudFront. `lock` is the token that a change must name."""

    account: str
    name: str
    config: Result
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    lock: str = field(default_factory=lambda: str(uuid.uuid4()))
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:wafv2:us-east-1:{self.account}:global/webacl/{self.name}/{self.id}"

    @property
    def summary(self) -> Result:
        told = {"Name": self.name, "Id": self.id, "LockToken": self.lock, "ARN": self.arn}
        return told | {"Description": self.config.get("Description", "")}


WebAcls = dict[str, WebAcl]
"""By ARN, those of all accounts."""


@dataclass(frozen=True)
class WafCall:
    """A call to WAF with its parameters as boto3 names them. `used_by` gives the ARNs of what names a web ACL."""

    request: Request
    params: dict[str, Any]
    acls: WebAcls
    used_by: Callable[[str], list[str]]

    @property
    def mine(self) -> list[WebAcl]:
        return [one for one in self.acls.values() if one.account == self.request.principal.account]

    def acl(self) -> WebAcl:
        wanted = self.params["Id"], self.params["Name"]
        for one in self.mine:
            if (one.id, one.name) == wanted:
                return one
        message = "AWS WAF couldn’t perform the operation because your resource doesn’t exist."
        raise AwsError("WAFNonexistentItemException", 400, message)

    def locked(self) -> WebAcl:
        """AWS: a change names the token of what it was made from."""
        found = self.acl()
        if self.params["LockToken"] != found.lock:
            message = (
                "AWS WAF couldn’t save your changes because someone changed the resource after you read it."
            )
            raise AwsError("WAFOptimisticLockException", 400, message)
        return found


def handle(request: Request, acls: WebAcls, used_by: Callable[[str], list[str]]) -> Reply:
    """Carry out one call. Raises AwsError for every refusal. AWS: CloudFront's are in us-east-1 alone."""

    def call(params: Result) -> WafCall:
        if params.get("Scope", "CLOUDFRONT") != "CLOUDFRONT":
            raise not_implemented("wafv2", "anything of the scope REGIONAL")
        if request.region != "us-east-1":
            message = "Error reason: The scope is not valid., field: SCOPE_VALUE, parameter: CLOUDFRONT"
            raise AwsError("WAFInvalidParameterException", 400, message)
        return WafCall(request, params, acls, used_by)

    return carry_out(request, OPERATIONS, call)


def create_web_acl(call: WafCall) -> Result:
    if any(one.name == call.params["Name"] for one in call.mine):
        message = (
            "AWS WAF couldn’t perform the operation because some resource in your request is a duplicate."
        )
        raise AwsError("WAFDuplicateItemException", 400, message)
    made = WebAcl(call.request.principal.account, call.params["Name"], _config(call.params))
    made.tags = {tag["Key"]: tag["Value"] for tag in call.params.get("Tags", ())}
    call.acls[made.arn] = made
    return {"Summary": made.summary}


def get_web_acl(call: WafCall) -> Result:
    found = call.acl()
    shown = {"Name": found.name, "Id": found.id, "ARN": found.arn, "Capacity": 0, **found.config}
    return {"WebACL": shown, "LockToken": found.lock}


def update_web_acl(call: WafCall) -> Result:
    """AWS: everything is replaced."""
    found = call.locked()
    found.config = _config(call.params)
    found.lock = str(uuid.uuid4())
    return {"NextLockToken": found.lock}


def delete_web_acl(call: WafCall) -> Result:
    found = call.locked()
    if call.used_by(found.arn):
        message = "AWS WAF couldn’t delete your resource because it’s being used by another resource."
        raise AwsError("WAFAssociatedItemException", 400, message)
    del call.acls[found.arn]
    return {}


def list_web_acls(call: WafCall) -> Result:
    return {"WebACLs": [one.summary for one in call.mine]}


def _config(params: dict[str, Any]) -> Result:
    """AWS: priorities and names of rules are unique; a group of rules has an override, any other rule an action."""
    rules = params.get("Rules", [])
    for field_name in ("Priority", "Name"):
        values = [rule[field_name] for rule in rules]
        if len(set(values)) < len(values):
            raise AwsError("WAFDuplicateItemException", 400, f"Two rules have one {field_name.lower()}.")
    for rule in rules:
        group = {"ManagedRuleGroupStatement", "RuleGroupReferenceStatement"} & rule["Statement"].keys()
        if bool(group) != ("OverrideAction" in rule) or ("Action" in rule) == ("OverrideAction" in rule):
            message = (
                "Error reason: A rule group takes an override action and another rule an action., field: RULE"
            )
            raise AwsError("WAFInvalidParameterException", 400, message)
    return {name: params[name] for name in KEPT if name in params} | {"Rules": rules}


OPERATIONS: Mapping[str, Callable[[WafCall], Result]] = {
    "CreateWebACL": create_web_acl,
    "GetWebACL": get_web_acl,
    "UpdateWebACL": update_web_acl,
    "DeleteWebACL": delete_web_acl,
    "ListWebACLs": list_web_acls,
}
