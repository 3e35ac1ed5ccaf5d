"""Statements of several policies as those of one."""

from provisioning.packing import fitted, packed

DISTRIBUTIONS = "arn:aws:cloudfront::1:distribution/"


def one(sid: str, actions: list[str], *resources: str) -> dict[str, object]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": list(resources)}


def test_what_is_allowed_on_the_same_stands_in_one_statement_and_sids_are_unique() -> None:
    found = packed([one("A", ["b", "a"], "x", "y"), one("B", ["c", "a"], "y", "x"), one("A", ["d"], "z")])
    assert [(each["Sid"], each["Action"]) for each in found] == [("A", ["a", "b", "c"]), ("A2", ["d"])]


def test_conditions_keep_statements_apart() -> None:
    first = one("A", ["a"], "x")
    assert len(packed([first, {**first, "Condition": {"StringEquals": {"k": "v"}}}])) == 2


def test_too_many_distributions_are_meant_as_all_of_the_account() -> None:
    many = [one("A", ["a"], *(f"{DISTRIBUTIONS}E{number}" for number in range(300)), "other")]
    assert fitted(many[:], DISTRIBUTIONS, 10**6) == many
    assert fitted(many, DISTRIBUTIONS, 10_000) == [one("A", ["a"], f"{DISTRIBUTIONS}*", "other")]
