"""Web ACLs of CloudFront, which AWS keeps in us-east-1."""

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws.access import Account as Door
from aws.errors import AwsError
from provisioning.ids import Ids
from provisioning.kinds.found import Found, NotReady, Refused, deleting
from provisioning.shapes import Rule, WebAcl

AT_ONCE = 8
SCOPE = "CLOUDFRONT"
TAGS = [{"Key": "managed-by", "Value": "tim-combo-console"}]
BUSY_SECONDS = 2.0
BESIDES = (
    "Description",
    "CustomResponseBodies",
    "CaptchaConfig",
    "ChallengeConfig",
    "TokenDomains",
    "AssociationConfig",
)
"""What a web ACL may have that the console does not keep."""
Document = dict[str, Any]


def read(door: Door, names: Collection[str], ids: Ids) -> Mapping[str, Found | Refused]:
    """One listing, and one call for each that is there."""
    items = {one["Name"]: one for one in _listed(door)}
    there = [name for name in names if name in items]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return dict(zip(there, threads.map(lambda name: _found(_got(door, items[name])), there), strict=True))


def _listed(door: Door) -> list[Document]:
    found: list[Document] = []
    page: Document = {"Scope": SCOPE, "Limit": 100}
    while True:
        answer = door.read("wafv2", "ListWebACLs", "", **page)
        found += answer["WebACLs"]
        # AWS: the last page may name a marker, too.
        if not answer.get("NextMarker") or not answer["WebACLs"]:
            return found
        page["NextMarker"] = answer["NextMarker"]


def _got(door: Door, item: Document) -> Document:
    return door.read("wafv2", "GetWebACL", item["Name"], Name=item["Name"], Id=item["Id"], Scope=SCOPE)


def _found(answer: Document) -> Found:
    told = answer["WebACL"]
    rules = sorted((_rule(one) for one in told.get("Rules", ())), key=lambda rule: rule.priority)
    default = "block" if "Block" in told["DefaultAction"] else "allow"
    return Found(WebAcl(default=default, rules=tuple(rules)), told["ARN"])


def _rule(one: Document) -> Rule:
    action = one.get("OverrideAction") or one.get("Action") or {}
    kept = {"id": one["Name"], "priority": one["Priority"]}
    does = "count" if "Count" in action else "block" if {"None", "Block"} & action.keys() else "allow"
    statement = one["Statement"]
    group, rate = statement.get("ManagedRuleGroupStatement"), statement.get("RateBasedStatement")
    if group and group["VendorName"] == "AWS":
        return Rule(**kept, group=group["Name"], action=does)
    if rate and rate["AggregateKeyType"] == "IP" and "ScopeDownStatement" not in rate:
        return Rule(**kept, limit=rate["Limit"], action=does)
    return Rule(**kept, action=does, statement=", ".join(statement))


def create(door: Door, name: str, shape: WebAcl, ids: Ids) -> None:
    """AWS: a name that is there already is a duplicate; after a lost answer it is our own."""
    try:
        door.write("wafv2", "CreateWebACL", name, Name=name, Tags=TAGS, **_config(name, shape))
    except AwsError as error:
        if error.code != "WAFDuplicateItemException":
            raise
        found = read(door, [name], ids)[name]
        assert isinstance(found, Found)
        update(door, name, found, shape, ids)


def update(door: Door, name: str, found: Found, shape: WebAcl, ids: Ids) -> None:
    """AWS: everything is replaced, on condition of the token just read; what the shape does not say is taken from there."""
    if found.shape == shape:
        return
    answer = _got(door, {"Name": name, "Id": _id(found.aws_id)})
    _locked(
        door,
        "UpdateWebACL",
        name,
        found.aws_id,
        answer["LockToken"],
        **_config(name, shape, answer["WebACL"]),
    )


def delete(door: Door, name: str, found: Found, ids: Ids) -> None:
    """AWS: not while a distribution names it."""
    why = f"A distribution still names the web ACL {name}, so it was not deleted."
    with deleting("WAFAssociatedItemException", why):
        token = _got(door, {"Name": name, "Id": _id(found.aws_id)})["LockToken"]
        _locked(door, "DeleteWebACL", name, found.aws_id, token)


def _id(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


def _locked(door: Door, operation: str, name: str, arn: str, token: str, **more: Any) -> None:
    """Raises NotReady when somebody else changed it meanwhile."""
    which = {"Name": name, "Id": _id(arn), "Scope": SCOPE}
    try:
        door.write("wafv2", operation, name, **{**more, **which}, LockToken=token)
    except AwsError as error:
        if error.code != "WAFOptimisticLockException":
            raise
        raise NotReady(BUSY_SECONDS, f"Somebody changes the web ACL {name} at the same time.") from error


def _config(name: str, shape: WebAcl, before: Document | None = None) -> Document:
    """With `before`, what somebody set besides stays: rules of a group that are overridden, a description, pages of one's own."""
    there = before or {}
    rules = {one["Name"]: one for one in there.get("Rules", ())}
    return {
        **{key: there[key] for key in BESIDES if there.get(key)},
        "Scope": SCOPE,
        "DefaultAction": {shape.default.title(): {}},
        "Rules": [_document(rule, rules.get(rule.id)) for rule in shape.rules],
        "VisibilityConfig": there.get("VisibilityConfig") or _seen_as(name),
    }


def _document(rule: Rule, before: Document | None) -> Document:
    """AWS: of a group its own actions are overridden, and None leaves them as they are."""
    kept = before if before and _statement(_rule(before)) == _statement(rule) else None
    seen = kept["VisibilityConfig"] if kept else _seen_as(rule.id)
    shared = {"Name": rule.id, "Priority": rule.priority, "VisibilityConfig": seen}
    statement = kept["Statement"] if kept else _statement(rule)
    if rule.group:
        override: Document = {"Count": {}} if rule.action == "count" else {"None": {}}
        return {**shared, "Statement": statement, "OverrideAction": override}
    return {**shared, "Statement": statement, "Action": {rule.action.title(): {}}}


def _statement(rule: Rule) -> Document:
    if rule.group:
        return {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": rule.group}}
    return {"RateBasedStatement": {"Limit": rule.limit, "AggregateKeyType": "IP"}}


def _seen_as(name: str) -> Document:
    return {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": name}
