"""What the code inside a page loads, as far as a literal names it, in time proportional to its length."""

import json
import re
from collections.abc import Iterator
from typing import Any, Literal

from deployments.markup import Tag

Use = Literal["script", "style", "preload"]
Load = tuple[str, Use]

# Comments, strings and templates are matched whole, also where nothing ends them: what looks like an import inside of
# one is none. `from` is an import only in a statement, where a string follows; `import` may be a call.
_SCRIPT = re.compile(
    r"""//[^\n]*+ | /\*(?:.*?\*/|.*) | `(?:[^`\\]|\\.)*+`?
        | (?P<import>(?<![\w.$])(?:import\s*+\(?\s*+|from\s*+))?
        (?:"(?P<double>(?:[^"\\\n]|\\.)*+)"? | '(?P<single>(?:[^'\\\n]|\\.)*+)'?)""",
    re.DOTALL | re.VERBOSE,
)
_STYLE = re.compile(
    r"""/\*(?:.*?\*/|.*) | @import\s*+(?:url\(\s*+)?["']?(?P<link>[^"')\s;]++)
        | "(?:[^"\\\n]|\\.)*+"? | '(?:[^'\\\n]|\\.)*+'?""",
    re.DOTALL | re.VERBOSE | re.IGNORECASE,
)
_OWN = ("/", "./", "../")
# HTML: a script of any other type is data, which no browser runs.
_JAVASCRIPT = frozenset(
    {"", "module", "text/javascript", "application/javascript", "text/ecmascript", "application/ecmascript"}
)
# Vite's plug-in for old browsers: the loader beside it imports what the attribute data-src of this script names.
_LEGACY_ENTRY = "vite-legacy-entry"


def inline_loads(tag: Tag) -> Iterator[Load]:
    """What an inline script, style or import map loads, by links as they are written."""
    if tag.name == "style":
        yield from ((found["link"], "style") for found in _STYLE.finditer(tag.text) if found["link"])
    if tag.name == "script":
        # Others are bare names, which an import map resolves.
        yield from ((link, "script") for link in _links(tag) if link.startswith(_OWN))


def _links(tag: Tag) -> Iterator[str]:
    kind = tag.attributes.get("type", "").strip().lower()
    if kind == "importmap":
        yield from _mapped(tag.text)
    elif kind in _JAVASCRIPT:
        if tag.attributes.get("id") == _LEGACY_ENTRY:
            yield tag.attributes.get("data-src", "")
        yield from _imported(tag.text)


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
