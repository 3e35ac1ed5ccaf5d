"""Many names in few words."""

from collections.abc import Iterable

MOST_NAMED = 5


def listed(names: Iterable[str]) -> str:
    """ "a.js, b.js, c.js, d.js, e.js and 3 more" """
    every = list(names)
    more = len(every) - MOST_NAMED
    return ", ".join(every[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
