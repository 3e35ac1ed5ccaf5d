"""Events as lines of CSV or JSON, one at a time."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from audit.canonical import FIELDS, canonical
from audit.models import Event, Seal
from audit.selectors import every, seals_of
from timcombo_console.audit_log.services import Export
from users.spreadsheets import csv_row

COLUMNS = ["id", "at", *(name for name in FIELDS if name not in {"id", "at"})]
SEAL_COLUMNS = ["position", "prev_hash", "hash"]


def lines(export: Export) -> Iterator[str]:
    """The export's text in pieces of a few hundred events, in bounded memory."""
    piece = _csv if export.format == "csv" else _json_lines
    if export.format == "csv":
        yield csv_row([*COLUMNS, *SEAL_COLUMNS])
    events = every(export.wanted, before=export.event.pk)
    while batch := list(islice(events, 500)):
        yield piece(batch, seals_of(batch))


def _facts(event: Event) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(canonical([getattr(event, name) for name in FIELDS]))
    return facts


def _json_lines(events: list[Event], seals: dict[int, Seal]) -> str:
    made = []
    for event in events:
        seal = seals.get(event.pk)
        sealed = {name: getattr(seal, name) for name in SEAL_COLUMNS} if seal else None
        made.append(json.dumps({**_facts(event), "seal": sealed}, ensure_ascii=False) + "\n")
    return "".join(made)


def _csv(events: list[Event], seals: dict[int, Seal]) -> str:
    return "".join(csv_row([*_cells(event), *_seal_cells(seals.get(event.pk))]) for event in events)


def _cells(event: Event) -> list[str]:
    facts = _facts(event)
    return [_cell(facts[name]) for name in COLUMNS]


def _seal_cells(seal: Seal | None) -> list[str]:
    return [str(getattr(seal, name)) if seal else "" for name in SEAL_COLUMNS]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
