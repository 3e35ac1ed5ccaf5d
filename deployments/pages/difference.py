"""The difference of two sides as `deployments/_difference.html` shows it."""

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any

from deployments.manifest import CONFIG, FileEntry
from deployments.planner import ConfigChange, FileChanges

SHOWN = 8
SHOWN_WHOLE = 12
"""A list up to this long is shown whole."""


def difference(
    files: FileChanges,
    config: tuple[ConfigChange, ...],
    *,
    everything: bool,
    all_url: str,
    deleted: Collection[str] = (),
) -> dict[str, Any]:
    """Context: the counts, eight rows of more than twelve unless `everything` is asked for, and the changed configuration."""
    replaced = len(files.added) + len(files.changed)
    total = replaced + len(files.removed)
    whole = everything or total <= SHOWN_WHOLE
    return {
        "files": {
            "added": len(files.added),
            "changed": len(files.changed),
            "removed": len(files.removed),
            "deleted": len(deleted),
            "kept": len(files.removed) - len(deleted),
            "unchanged": files.unchanged,
            "bytes": files.bytes,
            "replaced": replaced,
            "total": total,
            "rows": list(islice(_rows(files, deleted), None if whole else SHOWN)),
            "all_url": "" if whole else all_url,
        },
        "config": [(change.key, change.old, change.new) for change in config],
        "front": True,
    }


def _rows(files: FileChanges, deleted: Collection[str]) -> Iterator[dict[str, Any]]:
    yield from (_row("changed", file, "other content or headers") for file in files.changed)
    yield from (_row("added", file, "new") for file in files.added)
    for file in files.removed:
        yield _row(
            "removed",
            file,
            f"no longer named, {'deleted' if file.path in deleted else 'stays in the bucket'}",
        )


def _row(op: str, file: FileEntry, change: str) -> dict[str, Any]:
    if file.path == CONFIG and op != "removed":
        change = f"{'new' if op == 'added' else change}; it carries the configuration"
    return {"op": op, "path": file.path, "role": file.role.value, "size": file.size, "change": change}
