"""A tree of files like a React build's: chunks with maps, styles, images, fonts, and the few fixed names."""

import hashlib
import os
import random
import re
import time
from functools import cache
from pathlib import Path

WORDS = (
    b"function return const props children className useState useEffect export default import from null undefined "
    b"Object Array map filter reduce => () {} [] ; , . 0 1"
).split()
TEXT = (".js", ".css", ".html", ".json", ".map", ".txt", ".svg")
FIXED = (
    ("asset-manifest.json", 4000),
    ("favicon.ico", 3870),
    ("index.html", 1800),
    ("logo192.png", 5347),
    ("manifest.json", 492),
    ("robots.txt", 67),
)
# Pattern, how many of a hundred files, size relative to a chunk's: as create-react-app lays a build out.
KINDS = (
    ("static/js/{n}.{h}.chunk.js", 30, 1.0),
    ("static/js/{n}.{h}.chunk.js.map", 30, 2.6),
    ("static/css/{n}.{h}.chunk.css", 12, 0.35),
    ("static/css/{n}.{h}.chunk.css.map", 6, 0.6),
    ("static/media/{n}.{h}.svg", 12, 0.08),
    ("static/media/{n}.{h}.png", 6, 1.2),
    ("static/media/{n}.{h}.woff2", 4, 1.0),
)
HASH = re.compile(r"\.[0-9a-f]{8}\.")


@cache
def _text() -> bytes:
    """Some megabytes of words without repetition, so that they pack as scripts do."""
    return b" ".join(random.Random(0).choices(WORDS, k=1_000_000))


def _bytes(rng: random.Random, name: str, size: int) -> bytes:
    if not name.endswith(TEXT):
        return rng.randbytes(size)
    start = rng.randrange(len(_text()) - size)
    head = b"<!doctype html><p>" if name.endswith(".html") else b""
    return (head + b"/*" + rng.randbytes(16).hex().encode() + b"*/" + _text()[start : start + size])[:size]


def _planned(rng: random.Random, files: int) -> list[tuple[str, float]]:
    weights = [kind[1] for kind in KINDS]
    chosen = rng.choices(KINDS, weights, k=files - len(FIXED))
    return [(pattern, scale * rng.lognormvariate(0, 1)) for pattern, _, scale in chosen]


def write_tree(root: Path, files: int, megabytes: float, seed: int = 7) -> None:
    """Write `files` files of `megabytes` together; the same ones for the same seed."""
    rng = random.Random(seed)
    planned = _planned(rng, files)
    unit = (megabytes * 1e6 - sum(size for _, size in FIXED)) / sum(size for _, size in planned)
    for number, (pattern, relative) in enumerate(planned):
        body = _bytes(rng, pattern, max(40, int(relative * unit)))
        _write(root / pattern.format(n=f"page-{number}", h=_short_hash(body)), body)
    for name, size in FIXED:
        _write(root / name, _bytes(rng, name, size))


def _short_hash(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()[:8]


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


def rebuild(root: Path, share: float, seed: int) -> int:
    """What the next build makes of the tree: `share` of the files changed, every time of change new.

    A changed hashed file gets a new name, as bundlers do it, and index.html changes with it. Says how many changed.
    """
    rng = random.Random(seed)
    paths = sorted(path for path in root.rglob("*") if path.is_file() and path.name != "index.html")
    changed = rng.sample(paths, max(1, round(len(paths) * share) - 1))
    for path in changed:
        body = _bytes(rng, path.name, path.stat().st_size + rng.randrange(2))
        path.unlink()
        _write(path.with_name(HASH.sub(f".{_short_hash(body)}.", path.name)), body)
    change_entry_point(root, seed)
    touch_all(root, time.time() + 5)
    return len(changed) + 1


def change_entry_point(root: Path, seed: int) -> None:
    """Give index.html other bytes of the same length."""
    _write(root / "index.html", _bytes(random.Random(seed), "index.html", 1800))


def touch_all(root: Path, now: float) -> None:
    """Give every file this time of change, as a fresh checkout or build does."""
    for path in root.rglob("*"):
        if path.is_file():
            os.utime(path, (now, now))
