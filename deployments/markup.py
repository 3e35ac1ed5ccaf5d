"""The start tags of an HTML page, in time proportional to its length, whatever is in it.

The standard library's parser takes minutes for a few hundred kilobytes made to be slow, and pages are uploaded by
strangers. Rules are those of the HTML standard's tokenizer, as far as start tags and their attributes need them.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

_SPACE = re.compile(r"[\t\n\f\r /]*")
_TAG = re.compile(r"<(?:([A-Za-z][^\t\n\f\r />]*)|(!--)|[!?/])")
_NAME = re.compile(r"[^\t\n\f\r />][^\t\n\f\r />=]*")
_EQUALS = re.compile(r"[\t\n\f\r ]*=[\t\n\f\r ]*")
_UNQUOTED = re.compile(r"[^\t\n\f\r >]*")
_COMMENT_END = re.compile(r"--!?>")
_TEXT_ENDS = {
    name: re.compile(rf"</{name}(?=[\t\n\f\r />])", re.IGNORECASE)
    for name in ("script", "style", "title", "textarea", "iframe", "xmp", "noembed", "noframes")
}


class Tag(NamedTuple):
    """A start tag: name and attribute names in small letters; of two attributes with one name the first counts.

    `text` is what a script, style or the like holds; empty for other elements.
    """

    name: str
    attributes: dict[str, str]
    text: str = ""


def start_tags(page: str) -> Iterator[Tag]:
    """The start tags in their order, without those in comments, scripts and other text."""
    at: int | None = 0
    while at is not None and (found := _TAG.search(page, at)):
        if not found[1]:
            at = _after(page, found)
            continue
        name = found[1].lower()
        attributes, at = _attributes(page, found.end())
        if at is None:
            return
        if name not in _TEXT_ENDS:
            yield Tag(name, attributes)
            continue
        end = _TEXT_ENDS[name].search(page, at)
        yield Tag(name, attributes, page[at : end.start()] if end else "")
        at = end.start() if end else None


def _after(page: str, found: re.Match[str]) -> int | None:
    """Where the comment, declaration or end tag ends; None when it does not."""
    if found[2]:
        # `<!-->` is a whole comment, so its end may begin within its start.
        end = _COMMENT_END.search(page, found.end() - 2)
        return end.end() if end else None
    close = page.find(">", found.end())
    return close + 1 if close >= 0 else None


def _attributes(page: str, at: int) -> tuple[dict[str, str], int | None]:
    """The attributes from `at` on, and where the tag ends; None when it does not."""
    attributes: dict[str, str] = {}
    while True:
        space = _SPACE.match(page, at)
        at = space.end() if space else at
        name = _NAME.match(page, at)
        if name is None:
            return attributes, at + 1 if at < len(page) else None
        value, end = _value(page, name.end())
        if end is None:
            return attributes, None
        attributes.setdefault(name[0].lower(), unescape(value))
        at = end


def _value(page: str, at: int) -> tuple[str, int | None]:
    equals = _EQUALS.match(page, at)
    if equals is None:
        return "", at
    at = equals.end()
    quote = page[at : at + 1]
    if quote in ("'", '"'):
        close = page.find(quote, at + 1)
        return (page[at + 1 : close], close + 1) if close >= 0 else ("", None)
    plain = _UNQUOTED.match(page, at)
    return (plain[0], plain.end()) if plain else ("", at)
