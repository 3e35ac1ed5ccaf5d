"""Statements of several policies as those of one."""

import re
from typing import Any

import pytest

from provisioning.packing import fitted, packed


def one(sid: str, actions: list[str], *resources: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": list(resources)}


def test_what_is_allowed_on_the_same_stands_in_one_statement_and_sids_are_unique() -> None:
    found = packed([one("A", ["b", "a"], "x", "y"), one("B", ["c", "a"], "y", "x"), one("A", ["d"], "z")])
    assert [(each["Sid"], each["Action"]) for each in found] == [("A", ["a", "b", "c"]), ("A2", ["d"])]


def test_conditions_keep_statements_apart() -> None:
    first = one("A", ["a"], "x")
    assert len(packed([first, {**first, "Condition": {"StringEquals": {"k": "v"}}}])) == 2


def test_what_is_too_long_is_named_less_finely_step_by_step() -> None:
    many = [one("A", ["a"], *(f"{kind}{number}" for kind in "xy" for number in range(300)))]
    shorter = [lambda arn: re.sub("^x.*", "x*", arn), lambda arn: re.sub("^y.*", "y*", arn)]
    assert fitted(many, shorter, 10**6) == many
    (first,) = fitted(many, shorter, 3_000)
    assert ("x*" in first["Resource"], len(first["Resource"])) == (True, 301)
    assert fitted(many, shorter, 1_000) == [one("A", ["a"], "x*", "y*")]


@pytest.mark.parametrize(
    ("arn", "shorter"),
    [
        ("arn:aws:s3:::shop-app-123456789012", "arn:aws:s3:::*-123456789012"),
        ("arn:aws:s3:::shop-app-123456789012/releases/*", "arn:aws:s3:::*-123456789012/releases/*"),
        ("arn:aws:s3:::shop-app-123456789012-us-west-2", "arn:aws:s3:::*-123456789012-*"),
        ("arn:aws:s3:::tim-dev-lambda", "arn:aws:s3:::tim-dev-lambda"),
        ("arn:aws:iam::123456789012:role/x", "arn:aws:iam::123456789012:role/x"),
    ],
)
def test_buckets_are_then_meant_by_the_accounts_number(arn: str, shorter: str) -> None:
    from products.models import Account
    from provisioning.kept_roles import _all_buckets

    assert _all_buckets(Account(aws_id="123456789012"), arn) == shorter
