"""Policy documents as shapes and back. Distributions of ours are meant by their names."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from provisioning.ids import Ids
from provisioning.shapes import Address, Condition, Statement

VERSION = "2012-10-17"
DISTRIBUTION = "distribution"


def statements_in(document: Mapping[str, Any], account: str, ids: Ids) -> tuple[Statement, ...]:
    """All statements of a document, in order of their Sids."""
    found = [_statement(one, account, ids) for one in _listed(document.get("Statement", ()))]
    return tuple(sorted(found, key=lambda one: (one.sid, repr(one))))


def written(statements: Iterable[Statement], account: str, ids: Ids) -> str:
    """The document of these statements. Raises NotThereYet for a distribution that is not made yet."""
    told = [_document(one, account, ids) for one in statements]
    return json.dumps({"Version": VERSION, "Statement": told}, separators=(",", ":"))


def _listed(value: Any) -> list[Any]:
    """AWS: one where a list may be is written without brackets, too."""
    return list(value) if isinstance(value, list | tuple) else [value]


def _statement(one: Mapping[str, Any], account: str, ids: Ids) -> Statement:
    return Statement(
        sid=one.get("Sid", ""),
        effect=one["Effect"],
        principals=tuple(sorted(_principals(one.get("Principal", {})))),
        actions=_sorted(one.get("Action", ())),
        resources=_sorted([_named(str(each), account, ids) for each in _listed(one.get("Resource", ()))]),
        conditions=tuple(
            sorted(_conditions(one.get("Condition", {}), account, ids), key=lambda c: (c.operator, c.key))
        ),
    )


def _sorted(value: Any) -> tuple[str, ...]:
    return tuple(sorted(map(str, _listed(value))))


def _principals(principal: Any) -> Iterable[str]:
    if not isinstance(principal, Mapping):
        return [str(principal)]
    return [f"{kind}:{one}" for kind, named in principal.items() for one in _listed(named)]


def _conditions(found: Mapping[str, Any], account: str, ids: Ids) -> Iterable[Condition]:
    for operator, keys in found.items():
        for key, values in keys.items():
            named = (_named(str(value), account, ids) for value in _listed(values))
            yield Condition(operator=operator, key=key, values=tuple(sorted(named)))


def _named(value: str, account: str, ids: Ids) -> str:
    """A distribution of ours by its name."""
    prefix = _distributions(account)
    name = ids.name_of(DISTRIBUTION, account, value.removeprefix(prefix)) if value.startswith(prefix) else ""
    return f"{DISTRIBUTION}:{name}" if name else value


def _distributions(account: str) -> str:
    return f"arn:aws:cloudfront::{account}:distribution/"


def _document(one: Statement, account: str, ids: Ids) -> dict[str, Any]:
    conditions: dict[str, dict[str, Any]] = {}
    for each in one.conditions:
        values = [_arn(value, account, ids) for value in each.values]
        conditions.setdefault(each.operator, {})[each.key] = values[0] if len(values) == 1 else values
    return {
        **({"Sid": one.sid} if one.sid else {}),
        "Effect": one.effect,
        **({"Principal": _principal(one.principals)} if one.principals else {}),
        "Action": list(one.actions),
        **({"Resource": [_arn(each, account, ids) for each in one.resources]} if one.resources else {}),
        **({"Condition": conditions} if conditions else {}),
    }


def _principal(principals: Collection[str]) -> Any:
    if tuple(principals) == ("*",):
        return "*"
    found: dict[str, list[str]] = {}
    for one in principals:
        kind, _, name = one.partition(":")
        found.setdefault(kind, []).append(name)
    return {kind: names[0] if len(names) == 1 else names for kind, names in found.items()}


def _arn(value: str, account: str, ids: Ids) -> str:
    kind, _, name = value.partition(":")
    if kind != DISTRIBUTION:
        return value
    return _distributions(account) + ids.of(Address(DISTRIBUTION, account, name))
