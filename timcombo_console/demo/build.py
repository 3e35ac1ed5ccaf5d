"""Builds the demo's app and site as bundlers do: hashed names, references rewritten, one deterministic zip."""

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

SOURCES = Path(__file__).parent
REFERENCE = re.compile(r"\{\{([\w./]+)\}\}")
FIRST_MOMENT = (1980, 1, 1, 0, 0, 0)


def build_app(values: Mapping[str, str]) -> bytes:
    """The zip of the single-page app, with `{{name}}` in its sources replaced by `values`."""
    return _zip(_hashed(_read(SOURCES / "app"), values))


def build_site(values: Mapping[str, str]) -> bytes:
    """The zip of the marketing site."""
    return _zip({path: _fill(text, values, {}) for path, text in _read(SOURCES / "site").items()})


def _read(root: Path) -> dict[str, str]:
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_text() for path in files}


def _hashed(sources: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Every file of assets/ under a name with its hash, those that others name first."""
    built: dict[str, str] = {}
    names: dict[str, str] = {}
    waiting = dict(sources)
    while waiting:
        ready = [path for path, text in waiting.items() if not _named(text) & waiting.keys()]
        if not ready:
            raise ValueError(f"These files name each other in a circle: {', '.join(waiting)}.")
        for path in ready:
            text = _fill(waiting.pop(path), values, names)
            names[path] = _hashed_name(path, text)
            built[names[path]] = text
    return built


def _named(text: str) -> set[str]:
    return {name for name in REFERENCE.findall(text) if "/" in name}


def _fill(text: str, values: Mapping[str, str], names: Mapping[str, str]) -> str:
    return REFERENCE.sub(lambda found: names.get(found[1]) or values[found[1]], text)


def _hashed_name(path: str, text: str) -> str:
    if not path.startswith("assets/"):
        return path
    stem, _, ending = path.rpartition(".")
    return f"{stem}.{hashlib.sha256(text.encode()).hexdigest()[:12]}.{ending}"


def _zip(files: Mapping[str, str]) -> bytes:
    """The same files give the same bytes."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, FIRST_MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[path])
    return body.getvalue()
