"""What differs between the handlers of two sides, each a release or what an environment was last seen to call."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from deployments.fleet_planner import ALIAS, FleetSituation, Seen
from deployments.handlers import Handler, Handlers

Difference = Literal["added", "changed", "removed", "same", "unknown"]
DIFFERENCES: tuple[Difference, ...] = ("added", "changed", "removed", "same", "unknown")


class Code(NamedTuple):
    """The code of a handler on one side; digests as in `Handler`, `size` in bytes, None when it is not known.

    `sha256` is "" when it is not known what callers get, and `note` says why; it also says when that is not
    as the release holds it.
    """

    architecture: str
    sha256: str
    content: str
    size: int | None
    note: str = ""

    def equals(self, other: "Code") -> bool:
        same = self.content == other.content or self.sha256 == other.sha256
        return same and self.architecture == other.architecture


Codes = Mapping[str, Code]


class Pair(NamedTuple):
    """A handler on both sides, None where it is not there."""

    name: str
    old: Code | None
    new: Code | None

    @property
    def difference(self) -> Difference:
        if not all(one.sha256 for one in (self.old, self.new) if one):
            return "unknown"
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        return "same" if self.old.equals(self.new) else "changed"


def pairs_of(old: Codes, new: Codes) -> list[Pair]:
    """Every handler of either side, by name."""
    return [Pair(name, old.get(name), new.get(name)) for name in sorted({*old, *new})]


def counts_of(pairs: Iterable[Pair]) -> dict[Difference, int]:
    counted = Counter(pair.difference for pair in pairs)
    return {difference: counted[difference] for difference in DIFFERENCES}


def codes_of(handlers: Handlers) -> dict[str, Code]:
    """The handlers of a release."""
    return {one.name: _held(one) for one in handlers.all}


def _held(one: Handler) -> Code:
    return Code(one.architecture, one.sha256, one.content, one.size)


@dataclass(frozen=True)
class Called:
    """What callers of an environment's functions get of the handlers of the release that runs there.

    `other` are not as the release holds them, `missing` have no function; `besides` are functions that the
    release does not hold, which are not compared.
    """

    codes: Codes
    other: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()


def called(now: FleetSituation, zips: Mapping[str, Handler]) -> Called:
    """As it was last seen, else as the release holds it; `zips` are handlers that are known by their sha256."""
    held = now.handlers.by_name
    if now.seen is None:
        return Called(codes_of(now.handlers))
    codes = {name: _called(now, held[name], now.seen[name], zips) for name in held if name in now.seen}
    return Called(
        codes,
        other=tuple(name for name, one in codes.items() if one.sha256 and one.note),
        missing=tuple(name for name in held if name not in now.seen),
        besides=tuple(sorted(now.seen.keys() - held.keys())),
    )


def called_sha256(now: FleetSituation, name: str, seen: Seen) -> str:
    """The zip that callers of a function get, "" when that is not known."""
    qualifier = _qualifier(now, name)
    if qualifier == ALIAS:
        return seen.live_sha256
    if qualifier == "" or (qualifier is None and seen.live_sha256 in ("", seen.sha256)):
        return seen.sha256
    return ""


def _qualifier(now: FleetSituation, name: str) -> str | None:
    """By what the API calls a function: an alias or version, "" for `$LATEST`, None when that is not known."""
    return now.bindings.get(name, {"alias": ALIAS, "latest": ""}.get(now.mode))


def _called(now: FleetSituation, held: Handler, seen: Seen, zips: Mapping[str, Handler]) -> Code:
    sha256 = called_sha256(now, held.name, seen)
    if not sha256:
        return Code(seen.architecture, "", "", None, _why_unknown(now, held.name))
    zipped = held if sha256 == held.sha256 else zips.get(sha256)
    content = zipped.content if zipped else sha256
    # An alias names a version, which keeps the architecture that it was published with.
    kept = content == held.content and _qualifier(now, held.name) == ALIAS
    architecture = held.architecture if kept else seen.architecture or held.architecture
    found = Code(architecture, sha256, content, zipped.size if zipped else None)
    return found if found.equals(_held(held)) else found._replace(note="not as its release holds it")


def _why_unknown(now: FleetSituation, name: str) -> str:
    qualifier = _qualifier(now, name)
    if qualifier == ALIAS:
        return f"it has no alias {ALIAS}, so it is not known what callers get"
    if qualifier:
        return f"the API calls it by {qualifier}, and it is not known which code that is"
    return "it is not known how the API calls it, and so not which of its two codes callers get"
