"""A list of handlers, alone or beside others: filtered by name, at first only those that differ, fifty of them."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from deployments.handlers_difference import Difference, Pair, counts_of

SHOWN = 50
WORDS: dict[Difference, str] = {
    "added": "added",
    "changed": "changed",
    "removed": "removed",
    "same": "the same",
    "unknown": "not known",
}


def handler_list(
    pairs: Sequence[Pair], asked: Mapping[str, str], query: Mapping[str, str], *, compared: bool = True
) -> dict[str, Any]:
    """The context of `deployments/_handler_list.html`; `query` is what the address has besides.

    Of the address's query, `q` filters by name, `all=1` shows those that are the same, too, `shown=all` more than
    fifty. Where nothing is `compared`, all are shown and none is called new.
    """
    search, everything = asked.get("q", ""), asked.get("all") == "1"
    query = {**query, "q": search, "all": "1" if everything else ""}
    found = [pair for pair in pairs if search.lower() in pair.name.lower()]
    listed = found if everything or not compared else [one for one in found if one.difference != "same"]
    shown = listed if asked.get("shown") == "all" else listed[:SHOWN]
    return {
        "rows": [_row(pair) for pair in shown],
        "found": len(listed),
        "compared": compared,
        "q": search,
        "query": [(name, text) for name, text in query.items() if text and name != "q"],
        "shown_url": "" if len(shown) == len(listed) else address(query, shown="all"),
        "clear_url": address(query, q="") if search else "",
        "everything": everything,
        "toggle_url": address(query, all="" if everything else "1"),
    }


def address(query: Mapping[str, str], *, anchor: str = "handlers", **other: str) -> str:
    """The same page with this query, and what is given besides."""
    kept = {name: text for name, text in {**query, **other}.items() if text}
    return f"?{urlencode(kept)}#{anchor}"


def counted(pairs: Sequence[Pair]) -> str:
    """ "2 added, 5 changed, 304 the same" """
    counts = counts_of(pairs)
    return ", ".join(f"{counts[one]:,} {word}" for one, word in WORDS.items() if counts[one])


def _row(pair: Pair) -> dict[str, Any]:
    """What changed as before and after; what is the same on both sides once."""
    held = [one for one in (pair.old, pair.new) if one]
    codes = held[-1:] if len({one.content for one in held}) == 1 else held
    return {
        "name": pair.name,
        "difference": pair.difference,
        "word": WORDS[pair.difference],
        "architectures": [one.architecture for one in held],
        "codes": [one.sha256 for one in codes],
        "sizes": [one.size or None for one in codes],
        "sha256": held[-1].sha256,
        "notes": [one.note for one in held if one.note],
    }
