"""Statements of several policies as those of one. Pure."""

from collections.abc import Callable, Iterable, Sequence
from json import dumps
from typing import Any

Document = dict[str, Any]


def packed(statements: Iterable[Document]) -> list[Document]:
    """What is allowed on the same resources under the same conditions stands in one statement, and each has a Sid of its own.

    AWS: Sids are unique in a policy, and all policies of a role together are short.
    """
    found: dict[str, Document] = {}
    for one in statements:
        about = dumps([one["Effect"], sorted(one["Resource"]), one.get("Condition")], sort_keys=True)
        there = found.setdefault(about, {**one, "Action": []})
        there["Action"] = sorted({*there["Action"], *one["Action"]})
    taken: dict[str, int] = {}
    for one in found.values():
        number = taken[one["Sid"]] = taken.get(one["Sid"], 0) + 1
        one["Sid"] += str(number) if number > 1 else ""
    return list(found.values())


def fitted(
    statements: Sequence[Document], shorter: Iterable[Callable[[str], str]], most: int
) -> list[Document]:
    """As they are while they fit into so many characters; else with resources named less finely, by one after the other of
    `shorter` until they fit.
    """
    found = list(statements)
    for shorten in shorter:
        if len(dumps(found, separators=(",", ":"))) <= most:
            break
        found = [{**one, "Resource": sorted({shorten(arn) for arn in one["Resource"]})} for one in found]
    return found
