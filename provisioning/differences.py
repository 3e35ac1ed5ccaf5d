"""Where two shapes differ, field by field, in words: no Django, no AWS."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from provisioning.shapes import Json, Shape

NAMED_BY = ("id", "sid", "name", "path")
"""What tells the parts of a list apart, so that one that was put between is not taken for a change of all after it."""


class Field(NamedTuple):
    """A field that is not as it should be; None is not set."""

    name: str
    old: str | None
    new: str | None


def differences(old: Shape | None, new: Shape | None) -> tuple[Field, ...]:
    """What changes from `old` to `new`; None is not there."""
    before, after = (leaves(one.as_json()) if one else {} for one in (old, new))
    names = dict.fromkeys((*before, *after))
    return tuple(
        Field(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    )


def leaves(settings: Json) -> dict[str, str]:
    """Every single value by its path: `rules.console-old-versions.kept`."""
    found: dict[str, str] = {}
    for name, value in settings.items():
        _collect(found, name, value)
    return found


def _collect(found: dict[str, str], path: str, value: Any) -> None:
    if value in (None, "", []):
        return
    if isinstance(value, Mapping):
        for name, part in value.items():
            _collect(found, f"{path}.{name}", part)
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for position, part in enumerate(value):
            _collect_part(found, path, position, part)
    else:
        found[path] = _text(value)


def _collect_part(found: dict[str, str], path: str, position: int, part: Any) -> None:
    """A part of a list by its name, a pair by its first half, anything else by its place."""
    if isinstance(part, list) and len(part) == 2 and isinstance(part[0], str):
        _collect(found, f"{path}.{part[0]}", part[1])
        return
    named = next((part[key] for key in NAMED_BY if part.get(key)), None) if isinstance(part, dict) else None
    if named is None:
        _collect(found, f"{path}.{position + 1}", part)
        return
    # What a part does not do needs no words.
    rest = {name: value for name, value in part.items() if value != named and value is not False}
    _collect(found, f"{path}.{named}", rest)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
