"""Sums for `/metrics`, kept in rows because workers are many and short-lived."""

import json
from collections.abc import Mapping

from django.db import connection

Key = tuple[str, str]

_ADD = """
INSERT INTO runs_counter (name, labels, value)
SELECT * FROM unnest(%s::text[], %s::text[], %s::float8[]) AS new (name, labels, value) ORDER BY name, labels
ON CONFLICT (name, labels) DO UPDATE SET value = runs_counter.value + excluded.value
"""


def key(name: str, **labels: str) -> Key:
    """What names one sum."""
    return name, json.dumps(labels, sort_keys=True) if labels else ""


def add(amounts: Mapping[Key, float]) -> None:
    """Add to several sums in one statement, always in the same order, so that two workers cannot block each other."""
    if not amounts:
        return
    names, labels = [name for name, _ in amounts], [labels for _, labels in amounts]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [names, labels, list(amounts.values())])
