"""The result of a benchmark: rows of ours against a peer or a limit, for people and for programs."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass

LIMIT = "limit"


@dataclass(frozen=True)
class Row:
    """One comparison. For a peer `peer` is its median in seconds; for a limit it is the limit itself."""

    what: str
    ours: float
    peer: float
    peer_name: str
    ratio: float
    bar: float
    ok: bool


def against(what: str, ours: float, peer: float, peer_name: str, bar: float) -> Row:
    """A row whose ratio ours / peer must not exceed `bar`; for limits and counts the bar is 1."""
    ratio = ours / peer if peer else float(ours > 0)
    return Row(what, round(ours, 4), round(peer, 4), peer_name, round(ratio, 3), bar, ratio <= bar)


def exactly(what: str, ours: int, expected: int) -> Row:
    """A count that must be just so."""
    row = against(what, ours, expected, "expected", 1)
    return Row(row.what, row.ours, row.peer, row.peer_name, row.ratio, row.bar, ours == expected)


def show(bench: str, rows: Sequence[Row], *, as_json: bool) -> str:
    """The text to print."""
    cores = os.cpu_count() or 1
    if as_json:
        return json.dumps(
            {"bench": bench, "cores": cores, "rows": [asdict(row) for row in rows]}, allow_nan=False
        )
    lines = [f"{bench}, {cores} cores, medians", ""]
    width = max(len(row.what) for row in rows)
    for row in rows:
        verdict = "ok" if row.ok else "MISSED"
        lines.append(
            f"{row.what:<{width}}  ours {row.ours:>9.3f}  {row.peer_name:>8} {row.peer:>9.3f}  "
            f"ratio {row.ratio:>6.3f}  bar {row.bar:<5g} {verdict}"
        )
    return "\n".join(lines)
