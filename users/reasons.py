"""Why something is done, in the words that go on record."""

from collections.abc import Mapping
from typing import Any

from users.refusals import Invalid

LONGEST_REASON = 2_000
"""Characters. The forms hold it as well as every action."""
REASONS = ("reason", "override")
"""The arguments of an action that are reasons."""


def refuse_too_long(asked: Mapping[str, Any]) -> None:
    """Raise Invalid, which names the field, when a reason is longer than any may be."""
    for name in REASONS:
        length = len(asked.get(name) or "")
        if length > LONGEST_REASON:
            text = f"A reason has at most {LONGEST_REASON:,} characters; this one has {length:,}."
            raise Invalid(f"{text} Nothing was done.", errors={name: [text]})
