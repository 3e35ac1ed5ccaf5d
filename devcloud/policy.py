"""Resource policies: may this principal do that to this resource?"""

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from devcloud.wire import Principal

IMPLICIT_DENY, ALLOW, DENY = "implicit deny", "allow", "deny"


def evaluate(
    policy: str | None, principal: Principal, action: str, resource: str, context: Mapping[str, str]
) -> str:
    """Return `allow`, `deny` or `implicit deny`. AWS: an explicit Deny beats every Allow.

    `principal.arn` may be a service name such as `cloudfront.amazonaws.com`. An operator that is
    not known here counts as met in a Deny and as not met in an Allow: it can refuse too much, never allow too much.
    """
    statements = json.loads(policy)["Statement"] if policy else []
    met = {
        statement["Effect"]
        for statement in _as_list(statements)
        if _names(statement.get("Principal"), principal)
        and any(_like(action.lower(), each.lower()) for each in _as_list(statement.get("Action", [])))
        and any(_like(resource, each) for each in _as_list(statement.get("Resource", [])))
        and _conditions_hold(statement, context)
    }
    if "Deny" in met:
        return DENY
    return ALLOW if "Allow" in met else IMPLICIT_DENY


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _like(value: str, pattern: str) -> bool:
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _names(who: Any, principal: Principal) -> bool:
    if who == "*":
        return True
    if not isinstance(who, dict):
        return False
    if principal.arn in _as_list(who.get("Service", [])):
        return True
    known = {
        "*",
        principal.account,
        f"arn:aws:iam::{principal.account}:root",
        principal.arn,
        principal.role_arn,
    }
    return any(each in known for each in _as_list(who.get("AWS", [])))


def _conditions_hold(statement: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    unknown = statement["Effect"] == "Deny"
    return all(
        _condition_holds(
            operator, [str(each) for each in _as_list(wanted)], context.get(key.lower()), unknown
        )
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def _condition_holds(operator: str, wanted: list[str], actual: str | None, unknown: bool) -> bool:
    if operator in ("StringEquals", "ArnEquals", "Bool"):
        return actual in wanted
    if operator in ("StringNotEquals", "ArnNotEquals"):
        return actual not in wanted
    if operator in ("StringLike", "ArnLike"):
        return actual is not None and any(_like(actual, each) for each in wanted)
    return unknown
