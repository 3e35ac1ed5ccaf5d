"""What the code inside a page loads, as far as a literal names it, in time proportional to its length."""

import json
import re
from collections.abc import Iterator
from typing import Any, Literal

from deployments.markup import Tag

Use = Literal["script", "style", "preload"]
Load = tuple[str, Use]

# Comments and strings are matched whole, also where nothing ends them: what looks like an import inside of one is none.
_SCRIPT = re.compile(
    r"""//[^\n]*+ | /\*(?:.*?\*/|.*) | (?P<import>\b(?:import|from)\s*+\(?\s*+)?
        (?:"(?P<double>(?:[^"\\\n]|\\.)*+)"? | '(?P<single>(?:[^'\\\n]|\\.)*+)'?)""",
    re.DOTALL | re.VERBOSE,
)
_STYLE = re.compile(
    r"""/\*(?:.*?\*/|.*) | @import\s*+(?:url\(\s*+)?["']?(?P<link>[^"')\s;]++)""",
    re.DOTALL | re.VERBOSE | re.IGNORECASE,
)
_OWN = ("/", "./", "../")


def inline_loads(tag: Tag) -> Iterator[Load]:
    """What an inline script, style or import map loads, by links as they are written."""
    if tag.name == "style":
        yield from ((found["link"], "style") for found in _STYLE.finditer(tag.text) if found["link"])
    if tag.name != "script":
        return
    # Vite's plug-in for old browsers: the loader beside it imports what this attribute names.
    if entry := tag.attributes.get("data-src"):
        yield entry, "script"
    mapped = tag.attributes.get("type", "").strip().lower() == "importmap"
    for link in _mapped(tag.text) if mapped else _imported(tag.text):
        # Others are bare names, which an import map resolves.
        if link.startswith(_OWN):
            yield link, "script"


def _imported(text: str) -> Iterator[str]:
    for found in _SCRIPT.finditer(text):
        if found["import"]:
            yield found["double"] or found["single"] or ""


def _mapped(text: str) -> Iterator[str]:
    """HTML: an import map that is no JSON maps nothing; a name that ends with a slash stands for a folder."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return
    scopes = _object(_object(given).get("scopes")).values()
    for names in (_object(given).get("imports"), *scopes):
        for link in _object(names).values():
            if isinstance(link, str) and not link.endswith("/"):
                yield link


def _object(given: Any) -> dict[str, Any]:
    return given if isinstance(given, dict) else {}
