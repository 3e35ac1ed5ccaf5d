"""Policies, pure."""

import json
from typing import Any

import pytest

from devcloud.policy import ALLOW, DENY, IMPLICIT_DENY, evaluate
from devcloud.wire import Principal

ROLE = Principal(
    "222222222222",
    "arn:aws:sts::222222222222:assumed-role/deploy/run-1",
    role_arn="arn:aws:iam::222222222222:role/deploy",
)
EDGE = Principal("", "cloudfront.amazonaws.com")
THING = "arn:aws:s3:::bucket/a/b.js"


def verdict(principal: Principal = ROLE, context: dict[str, Any] | None = None, **statement: Any) -> str:
    full = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::bucket/*",
    }
    policy = json.dumps({"Statement": full | statement})
    return evaluate(policy, principal, "s3:GetObject", THING, context or {})


@pytest.mark.parametrize(
    "who",
    [
        "*",
        {"AWS": "*"},
        {"AWS": "222222222222"},
        {"AWS": "arn:aws:iam::222222222222:root"},
        {"AWS": ["arn:aws:iam::1:root", "arn:aws:iam::222222222222:role/deploy"]},
    ],
)
def test_a_role_is_named_in_many_ways(who: Any) -> None:
    assert verdict(Principal=who) == ALLOW


@pytest.mark.parametrize(
    "who", [{"AWS": "arn:aws:iam::222222222222:role/other"}, {"Service": "lambda.amazonaws.com"}, None]
)
def test_who_is_not_named_gets_nothing(who: Any) -> None:
    assert verdict(Principal=who) == IMPLICIT_DENY


def test_actions_and_resources_take_wildcards() -> None:
    assert verdict(Action=["s3:Put*", "S3:get*"]) == ALLOW
    assert verdict(Action="s3:Put*") == IMPLICIT_DENY
    assert verdict(Resource="arn:aws:s3:::bucket/a/?.js") == ALLOW
    assert verdict(Resource="arn:aws:s3:::bucket") == IMPLICIT_DENY
    assert verdict(Resource="arn:aws:s3:::bucket/[a]/*") == IMPLICIT_DENY


def test_a_service_is_held_to_its_source() -> None:
    source = "arn:aws:cloudfront::1:distribution/E1"
    condition = {"StringEquals": {"AWS:SourceArn": source}}
    who = {"Service": "cloudfront.amazonaws.com"}
    assert verdict(EDGE, {"aws:sourcearn": source}, Principal=who, Condition=condition) == ALLOW
    assert verdict(EDGE, {"aws:sourcearn": source + "2"}, Principal=who, Condition=condition) == IMPLICIT_DENY
    assert verdict(EDGE, {}, Principal=who, Condition=condition) == IMPLICIT_DENY


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"StringLike": {"aws:k": "v*"}}, True),
        ({"StringLike": {"aws:k": "w*"}}, False),
        ({"StringNotEquals": {"aws:k": "w"}}, True),
        ({"Bool": {"aws:k": "value"}, "StringEquals": {"aws:k": ["value", "w"]}}, True),
    ],
)
def test_conditions(condition: Any, holds: bool) -> None:
    assert verdict(context={"aws:k": "value"}, Condition=condition) == (ALLOW if holds else IMPLICIT_DENY)


def test_an_unknown_condition_never_allows_too_much() -> None:
    odd = {"NumericLessThan": {"s3:max-keys": "10"}}
    assert verdict(Condition=odd) == IMPLICIT_DENY
    assert verdict(Condition=odd, Effect="Deny") == DENY


def test_a_deny_beats_an_allow_and_no_policy_allows_nothing() -> None:
    allow = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    both = json.dumps({"Statement": [allow, allow | {"Effect": "Deny"}]})
    assert evaluate(both, ROLE, "s3:GetObject", THING, {}) == DENY
    assert evaluate(None, ROLE, "s3:GetObject", THING, {}) == IMPLICIT_DENY


def test_every_value_is_asked_where_a_call_has_several() -> None:
    """AWS: `ForAllValues` holds when each value does, and where the key is missing."""
    condition = {"ForAllValues:StringLike": {"route53:ChangeNames": ["shop.example", "*.shop.example"]}}
    for names, wanted in (
        (["shop.example", "www.shop.example"], ALLOW),
        (["shop.example", "other.example"], IMPLICIT_DENY),
        ([], ALLOW),
    ):
        assert verdict(context={"route53:changenames": names}, Condition=condition) == wanted
