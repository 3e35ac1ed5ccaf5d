"""The policies of S3 buckets: who besides the bucket's account may use it."""

import json
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws.access import Account as Door
from aws.errors import NotFound
from provisioning.ids import Ids
from provisioning.kinds.found import Found, deleting
from provisioning.shapes import Address, BucketPolicy, Condition, Statement

AT_ONCE = 16
VERSION = "2012-10-17"
DISTRIBUTION = "distribution"


def read(door: Door, names: Collection[str], ids: Ids) -> Mapping[str, Found]:
    """One call each, several at a time."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        texts = dict(zip(names, threads.map(lambda name: _text(door, name), names), strict=True))
    return {name: Found(_shape(json.loads(text), door, ids)) for name, text in texts.items() if text}


def create(door: Door, name: str, shape: BucketPolicy, ids: Ids) -> None:
    text = json.dumps(
        {"Version": VERSION, "Statement": [_document(one, door, ids) for one in shape.statements]}
    )
    door.write("s3", "PutBucketPolicy", name, Bucket=name, ExpectedBucketOwner=door.account_id, Policy=text)


def update(door: Door, name: str, found: Found, shape: BucketPolicy, ids: Ids) -> None:
    create(door, name, shape, ids)


def delete(door: Door, name: str, found: Found, ids: Ids) -> None:
    with deleting():
        door.write("s3", "DeleteBucketPolicy", name, Bucket=name, ExpectedBucketOwner=door.account_id)


def _text(door: Door, name: str) -> str:
    """AWS: 404 for a bucket without a policy as for none."""
    try:
        answer = door.read("s3", "GetBucketPolicy", name, Bucket=name, ExpectedBucketOwner=door.account_id)
    except NotFound:
        return ""
    return str(answer["Policy"])


def _shape(document: Mapping[str, Any], door: Door, ids: Ids) -> BucketPolicy:
    statements = [_statement(one, door, ids) for one in _listed(document.get("Statement", ()))]
    return BucketPolicy(statements=tuple(sorted(statements, key=lambda one: (one.sid, repr(one)))))


def _listed(value: Any) -> list[Any]:
    """AWS: one where a list may be is written without brackets, too."""
    return list(value) if isinstance(value, list | tuple) else [value]


def _statement(one: Mapping[str, Any], door: Door, ids: Ids) -> Statement:
    return Statement(
        sid=one.get("Sid", ""),
        effect=one["Effect"],
        principals=tuple(sorted(_principals(one.get("Principal", {})))),
        actions=_sorted(one.get("Action", ())),
        resources=_sorted(one.get("Resource", ())),
        conditions=tuple(
            sorted(_conditions(one.get("Condition", {}), door, ids), key=lambda c: (c.operator, c.key))
        ),
    )


def _sorted(value: Any) -> tuple[str, ...]:
    return tuple(sorted(map(str, _listed(value))))


def _principals(principal: Any) -> Iterable[str]:
    if not isinstance(principal, Mapping):
        return [str(principal)]
    return [f"{kind}:{one}" for kind, named in principal.items() for one in _listed(named)]


def _conditions(found: Mapping[str, Any], door: Door, ids: Ids) -> Iterable[Condition]:
    for operator, keys in found.items():
        for key, values in keys.items():
            named = (_named(str(value), door, ids) for value in _listed(values))
            yield Condition(operator=operator, key=key, values=tuple(sorted(named)))


def _named(value: str, door: Door, ids: Ids) -> str:
    """A distribution of ours by its name."""
    prefix = _distributions(door)
    name = (
        ids.name_of(DISTRIBUTION, door.account_id, value.removeprefix(prefix))
        if value.startswith(prefix)
        else ""
    )
    return f"{DISTRIBUTION}:{name}" if name else value


def _distributions(door: Door) -> str:
    return f"arn:aws:cloudfront::{door.account_id}:distribution/"


def _document(one: Statement, door: Door, ids: Ids) -> dict[str, Any]:
    conditions: dict[str, dict[str, Any]] = {}
    for each in one.conditions:
        values = [_arn(value, door, ids) for value in each.values]
        conditions.setdefault(each.operator, {})[each.key] = values[0] if len(values) == 1 else values
    return {
        **({"Sid": one.sid} if one.sid else {}),
        "Effect": one.effect,
        "Principal": _principal(one.principals),
        "Action": list(one.actions),
        "Resource": list(one.resources),
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


def _arn(value: str, door: Door, ids: Ids) -> str:
    kind, _, name = value.partition(":")
    if kind != DISTRIBUTION:
        return value
    return _distributions(door) + ids.of(Address(DISTRIBUTION, door.account_id, name))
