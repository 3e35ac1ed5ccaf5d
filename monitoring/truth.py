"""What is declared against what is seen, in words. Pure.

Whoever deploys by hand changes the bucket, so the bucket is compared with what the console last wrote; what visitors get is
compared by its bytes, and told by the release that these bytes are of, where one of ours has them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

FEW_DAYS = 30
BY_HAND = "by-hand"
"""The code of what somebody put there past the console."""
NAMED = 4
SECURITY = {"strict-transport-security": "HSTS", "x-content-type-options": "nosniff"}


@dataclass(frozen=True)
class Entry:
    """The page by which a release is told: what it must be, and what it was seen to be in the bucket and at the edge.

    `wrote` and `holds` are ETags, of what we last wrote and what the bucket holds (None: nothing); `wanted` and `served`
    are SHA-256, None where the edge could not be asked. `names` are the scripts and styles that the served page names.
    """

    path: str
    wrote: str | None
    holds: str | None
    wanted: str
    served: str | None
    status: int = 0
    names: Sequence[str] = ()


@dataclass(frozen=True)
class Sight:
    """All that was seen of an environment in one look.

    `by_md5` and `by_sha256` tell of which release a page with these bytes is; `other_files` are keys that the bucket holds
    otherwise than we wrote them; `strange` are files that the served page names and the release does not hold.
    """

    version: str
    declared_note: str
    entry: Entry
    by_md5: Mapping[str, str] = field(default_factory=dict)
    by_sha256: Mapping[str, str] = field(default_factory=dict)
    other_files: Sequence[str] = ()
    strange: Sequence[str] = ()
    problems: Sequence[str] = ()
    edge_problem: str = ""
    cache_control: tuple[str, str] = ("", "")
    headers: Mapping[str, str] = field(default_factory=dict)
    certificate_days: int | None = None
    asked: int = 0
    host: str = ""
    back_end: tuple[str, int, int] | None = None

    @property
    def in_bucket(self) -> bool:
        return self.entry.holds is not None and self.entry.holds == self.entry.wrote

    @property
    def at_edge(self) -> bool:
        return self.entry.served == self.entry.wanted


Fact = dict[str, Any]
Finding = dict[str, str]


def facts(sight: Sight) -> list[Fact]:
    """Declared, bucket, edge and, where there is a back end, API: `{place, value, agrees yes|no|unknown, note}`."""
    found = [
        {"place": "Declared here", "value": sight.version, "agrees": "yes", "note": sight.declared_note},
        _bucket(sight),
        _edge(sight),
    ]
    if sight.back_end:
        version, same, total = sight.back_end
        agrees = "yes" if same == total else "no"
        note = f"{same:,} of {total:,} handlers as they were left"
        found.append({"place": "From the API", "value": version, "agrees": agrees, "note": note})
    return found


def _bucket(sight: Sight) -> Fact:
    entry = sight.entry
    if sight.in_bucket:
        value = sight.version
    elif entry.holds is None:
        value = "nothing"
    else:
        value = sight.by_md5.get(entry.holds, "not ours")
    note = f"{entry.path} {_short(entry.holds)}" if entry.holds else f"{entry.path} is not there"
    return {"place": "In the bucket", "value": value, "agrees": _word(sight.in_bucket), "note": note}


def _edge(sight: Sight) -> Fact:
    if sight.edge_problem:
        return {"place": "At the edge", "value": "not known", "agrees": "unknown", "note": sight.edge_problem}
    value = sight.version if sight.at_edge else sight.by_sha256.get(sight.entry.served or "", "not ours")
    fine = sight.at_edge and not sight.problems
    secure = (
        ", ".join(word for name, word in SECURITY.items() if name in sight.headers) or "no security headers"
    )
    days = f", certificate {sight.certificate_days} d" if sight.certificate_days is not None else ""
    note = f"{sight.asked} requests to {sight.host}, {secure}{days}"
    return {"place": "At the edge", "value": value, "agrees": _word(fine), "note": note}


def _word(agrees: bool) -> str:
    return "yes" if agrees else "no"


def _short(digest: str) -> str:
    return f"{digest[:4]}…{digest[-4:]}" if len(digest) > 12 else digest


def findings(sight: Sight) -> list[Finding]:
    """What is otherwise than declared: `{code, text}`, nothing where all agrees. A code stays while its cause does."""
    found = [
        (BY_HAND, _by_hand(sight)),
        ("edge", _edge_differs(sight)),
        ("assets", _assets(sight)),
        ("unreachable", f"The edge could not be asked: {sight.edge_problem}." if sight.edge_problem else ""),
        ("caching", _caching(sight)),
        ("certificate", _certificate(sight)),
        ("handlers", _handlers(sight)),
    ]
    return [{"code": code, "text": text} for code, text in found if text]


def _by_hand(sight: Sight) -> str:
    entry = sight.entry
    if sight.in_bucket and not sight.other_files:
        return ""
    if entry.holds is None:
        return f"Somebody deployed past the console: {entry.path} is gone from the bucket."
    if sight.in_bucket:
        return f"Somebody changed the bucket past the console: {_listed(sight.other_files)} differ from what was written."
    whose = sight.by_md5.get(entry.holds)
    is_of = f"It is that of {whose}." if whose else "No release of the console has this page."
    strange = (
        f" It names {_listed(sight.strange)}, which {sight.version} does not hold." if sight.strange else ""
    )
    return (
        f"Somebody deployed past the console: {entry.path} in the bucket is not what was written for {sight.version} "
        f"(ETag {_short(entry.holds)}, written {_short(entry.wrote or 'nothing')}). {is_of}{strange}"
    )


def _edge_differs(sight: Sight) -> str:
    """Where the bucket is as it should be: else the edge only serves what somebody put there."""
    entry = sight.entry
    if sight.edge_problem or sight.at_edge or not sight.in_bucket:
        return ""
    if entry.status != 200:
        return f"The edge answers {entry.status} to {entry.path}, and the bucket holds it: look at the distribution's origin and its rights."
    whose = sight.by_sha256.get(entry.served or "")
    what = f"still serves {whose}" if whose else "serves another page"
    return f"The edge {what} while the bucket holds {sight.version}: clear {entry.path} at the distribution."


def _assets(sight: Sight) -> str:
    """Where the page itself is the right one."""
    if not sight.at_edge or not sight.problems:
        return ""
    return f"Visitors do not get all of {sight.version}. {' '.join(sight.problems[:NAMED])}"


def _caching(sight: Sight) -> str:
    wanted, seen = sight.cache_control
    if not sight.at_edge or seen == wanted:
        return ""
    return f"{sight.entry.path} is served with cache-control “{seen}” instead of “{wanted}”: browsers may keep old pages."


def _certificate(sight: Sight) -> str:
    days = sight.certificate_days
    if days is None or days > FEW_DAYS:
        return ""
    return f"The certificate of {sight.host} ends in {days} days. Its renewal needs the record that proves it: see Domains."


def _handlers(sight: Sight) -> str:
    if sight.back_end is None or sight.back_end[1] == sight.back_end[2]:
        return ""
    _, same, total = sight.back_end
    return (
        f"{total - same:,} of {total:,} handlers were edited past the console: see the back end on this page."
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
