"""The refusals that the services of this package share."""

from collections.abc import Mapping
from typing import Any

from products.changes import Change
from users.refusals import Invalid


def not_named(values: Mapping[str, Any], reserved: frozenset[str] | set[str]) -> Mapping[str, Any]:
    for field in ("name", "slug"):
        if values.get(field) in reserved:
            text = f"{values[field]!r} has a meaning of its own in the console. Choose another."
            raise Invalid(text, errors={field: [text]})
    return values


def refuse_unchanged(change: Change) -> None:
    if not change:
        raise Invalid("Nothing differs from what is saved already.")
