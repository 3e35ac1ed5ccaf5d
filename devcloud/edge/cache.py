"""What the edge remembers, for how long, and what an invalidation makes it forget."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from devcloud.cloudfront.state import Distribution

CacheKey = tuple[str, str, bool]
_DIRECTIVE = re.compile(r"([a-z-]+)(?:=\"?(\d+)\"?)?")


@dataclass(frozen=True)
class Ttl:
    """A cache policy's minimum, default and maximum, in seconds."""

    minimum: float
    default: float
    maximum: float

    def of(self, cache_control: str | None) -> float | None:
        """How long an answer is fresh; None when it must not be kept.

        AWS: s-maxage beats max-age, both are held between minimum and maximum; no-cache, no-store and private
        mean the minimum; the default holds only where the origin sends nothing.
        """
        if cache_control is None:
            return self._held(self.default)
        directives = dict(_DIRECTIVE.findall(cache_control.lower()))
        if directives.keys() & {"no-store", "private"} and self.minimum == 0:
            return None
        if directives.keys() & {"no-cache", "no-store", "private"}:
            return self.minimum
        seconds = directives.get("s-maxage") or directives.get("max-age")
        return self._held(float(seconds) if seconds else self.default)

    def _held(self, seconds: float) -> float:
        return max(self.minimum, min(seconds, self.maximum))


@dataclass
class Entry:
    """One answer of an origin, as it is sent on. `expires` is seconds since the epoch."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    stored: float
    expires: float

    @property
    def etag(self) -> str | None:
        return self.headers.get("etag")


@dataclass
class EdgeCache:
    """The cache of all distributions; an entry is found by distribution id, path and whether it is gzipped."""

    _entries: dict[str, dict[tuple[str, bool], Entry]] = field(default_factory=dict)
    _applied: dict[str, int] = field(default_factory=dict)

    def get(self, key: CacheKey) -> Entry | None:
        return self._entries.get(key[0], {}).get(key[1:])

    def put(self, key: CacheKey, entry: Entry) -> None:
        self._entries.setdefault(key[0], {})[key[1:]] = entry

    def drop(self, key: CacheKey) -> None:
        self._entries.get(key[0], {}).pop(key[1:], None)

    def apply_invalidations(self, distribution: Distribution, now: float) -> None:
        """Forget what invalidations that have completed since the last look name."""
        done = self._applied.get(distribution.id, 0)
        waiting = distribution.invalidations[done:]
        for invalidation in waiting:
            if invalidation.completes > now:
                break
            self._forget(distribution.id, invalidation.paths)
            done += 1
        self._applied[distribution.id] = done

    def _forget(self, distribution_id: str, paths: Collection[str]) -> None:
        entries = self._entries.get(distribution_id, {})
        for key in [key for key in entries if any(_names(path, key[0]) for path in paths)]:
            del entries[key]


def _names(pattern: str, path: str) -> bool:
    """Whether an invalidation path names a path. AWS: `*` counts at the end only."""
    wanted, asked = unquote(pattern), unquote(path)
    return asked.startswith(wanted[:-1]) if wanted.endswith("*") else asked == wanted
