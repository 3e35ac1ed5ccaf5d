"""Policies of resources, of roles, and of who may take these: may this principal do that to this resource?"""

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from devcloud.wire import Principal

IMPLICIT_DENY, ALLOW, DENY = "implicit deny", "allow", "deny"


def document(*statements: Mapping[str, Any]) -> str:
    """A policy of these statements, as a text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def evaluate(
    policy: str | None,
    principal: Principal | None,
    action: str,
    resource: str,
    context: Mapping[str, str | Sequence[str]],
) -> str:
    """Return `allow`, `deny` or `implicit deny`. AWS: an explicit Deny beats every Allow.

    `principal.arn` may be a service name such as `cloudfront.amazonaws.com`; None for a role's own policy, which names
    nobody. A trust policy names no resource, and where `resource` is "" every one is meant. `context` is by condition keys
    in small letters. An operator that is not known here counts as met in a Deny and as not met in an Allow: it can refuse
    too much, never allow too much.
    """
    met = {
        statement["Effect"]
        for statement in _statements(policy or "")
        if (principal is None or _names(statement.get("Principal"), principal))
        and any(_like(action.lower(), each.lower()) for each in _as_list(statement.get("Action", [])))
        and _about(statement, resource)
        and _conditions_hold(statement, context)
    }
    if "Deny" in met:
        return DENY
    return ALLOW if "Allow" in met else IMPLICIT_DENY


@lru_cache(1024)
def _statements(policy: str) -> list[Any]:
    return _as_list(json.loads(policy)["Statement"]) if policy else []


def _about(statement: Mapping[str, Any], resource: str) -> bool:
    return not resource or any(_like(resource, each) for each in _as_list(statement.get("Resource", "*")))


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


def _conditions_hold(statement: Mapping[str, Any], context: Mapping[str, str | Sequence[str]]) -> bool:
    unknown = statement["Effect"] == "Deny"
    return all(
        _condition_holds(
            operator, [str(each) for each in _as_list(wanted)], context.get(key.lower()), unknown
        )
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def _condition_holds(
    operator: str, wanted: list[str], actual: str | Sequence[str] | None, unknown: bool
) -> bool:
    """AWS: `ForAllValues:` asks it of each value, so that it holds where there is none."""
    if operator.startswith("ForAllValues:"):
        each = operator.removeprefix("ForAllValues:")
        values = [actual] if isinstance(actual, str) else actual or ()
        return all(_condition_holds(each, wanted, value, unknown) for value in values)
    if actual is not None and not isinstance(actual, str):
        return unknown
    if operator in ("StringEquals", "ArnEquals", "Bool"):
        return actual in wanted
    if operator in ("StringNotEquals", "ArnNotEquals"):
        return actual not in wanted
    if operator in ("StringLike", "ArnLike"):
        return actual is not None and any(_like(actual, each) for each in wanted)
    return unknown
