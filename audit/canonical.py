"""The text of an event that its seal is a hash over.

One line of JSON: every column of the event, keys sorted, no spaces, UTF-8, times in UTC to the microsecond.
Whoever has an export in JSON lines can compute the chain again: hash = sha256(prev_hash + this text).
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from audit.models import Event

FIELDS = tuple(sorted(field.attname for field in Event._meta.concrete_fields))
"""The columns of an event, in the order of the canonical text."""

FIRST = "0" * 64
"""The previous hash of the first seal."""

_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=lambda value: _text(value)
).encode


def canonical(values: Sequence[Any]) -> str:
    """The canonical text of an event given as the values of `FIELDS`."""
    return _encode(dict(zip(FIELDS, values, strict=True)))


def link(prev_hash: str, values: Sequence[Any]) -> str:
    """The hash of the seal that follows `prev_hash`, in hex."""
    return hashlib.sha256((prev_hash + canonical(values)).encode()).hexdigest()


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    raise TypeError(f"An event cannot hold a {type(value).__name__}.")
