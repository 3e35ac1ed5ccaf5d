"""The markup of events and facets. In Python, because a template takes longer for so many than a page may take.

Every text that comes from outside goes through `escape`.
"""

import json
from collections.abc import Iterator
from functools import cache
from html import escape
from typing import Any
from urllib.parse import quote

from django.utils.safestring import SafeString, mark_safe

from timcombo_console import formats
from timcombo_console.addresses import address
from timcombo_console.audit_log.presentation import Facet, Row
from timcombo_console.templatetags.console import drawing

FOLDED = 10
RESULTS = {
    "ok": ("quiet", "check", "Done"),
    "refused": ("warn", "lock", "Refused"),
    "failed": ("stop", "fail", "Failed"),
}


def draw(row: Row, *, unfolded: bool = False) -> SafeString:
    """The event as one line that unfolds to all that is known of it; `unfolded` on its own page."""
    facts = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in _facts(row, unfolded))
    return mark_safe(  # noqa: S308 - every part is escaped below
        f'<details class="ev"{" open" if unfolded else ""}>{_summary(row)}'
        f'<div class="ev-b"><div>{_changes(row)}</div><dl class="kv align-content-start">{facts}</dl></div></details>'
    )


def draw_facet(facet: Facet) -> SafeString:
    """A group of links, the chosen one marked; a long group is folded, the chosen one stays in view."""
    marked = _marked(facet)
    prefix = escape(facet.address)
    links = "".join(
        # What is quoted for an address needs no escaping.
        marked if value == facet.chosen else f'<a href="{prefix}{quote(value)}">{escape(label)}</a>'
        for value, label in facet.choices.items()
    )
    if len(facet.choices) > FOLDED:
        every = f'<summary class="small run">Show all {len(facet.choices)}</summary>'
        links = f"{marked}<details>{every}{links}</details>"
    return mark_safe(f"<fieldset><legend>{facet.title}</legend>{links}</fieldset>")  # noqa: S308 - escaped above


def _marked(facet: Facet) -> str:
    if facet.chosen not in facet.choices:
        return ""
    label = escape(facet.choices[facet.chosen])
    return f'<a href="{escape(facet.without)}" aria-current="true">{label}{_icon("check")}</a>'


def _summary(row: Row) -> str:
    kind, shape, word = RESULTS[row.event.result]
    role = f'<span class="vh">, {row.role}</span>' if row.role else ""
    at, full = row.event.at, formats.full(row.event.at)
    return (
        f'<summary data-stop>{_icon("right")}<span class="when num"><time datetime="{formats.stamp(at)}" '
        f'title="{full}">{full[11:19]}</time></span>'
        f'<span class="e-who cut">{escape(row.who)}{role}</span><span class="e-act cut">{escape(row.what)}</span>'
        f'<span class="e-obj cut quiet">{escape(row.where)}</span>'
        f'<span class="e-res {kind}">{_icon(shape)} {word}</span></summary>'
    )


def _changes(row: Row) -> str:
    drawn = [
        f'<h4 class="mono mb-1">{escape(key)}</h4><p class="diff mb-2"><del><span class="vh">Before: </span>{_value(old)}'
        f'</del><ins><span class="vh">After: </span>{_value(new)}</ins></p>'
        for key, old, new in row.changes
    ]
    if not drawn:
        return '<p class="quiet">Nothing was changed by it.</p>'
    return f'<h3 class="mb-2">Before and after</h3>{"".join(drawn)}'


def _value(value: Any) -> str:
    if value is None:
        return "not set"
    return escape(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _facts(row: Row, unfolded: bool) -> Iterator[tuple[str, str]]:
    event = row.event
    if event.summary and event.summary != row.what:
        yield "Told", escape(event.summary)
    if event.reason:
        yield "Reason", escape(event.reason)
    yield "By", escape(_by(row))
    yield "Time", formats.full(event.at)
    yield "Action", f'<span class="mono">{escape(event.action)}</span>, {escape(event.channel)}'
    if event.subject:
        yield "Object", _linked(event.subject, event.subject_url)
    if event.run:
        yield "Run", f'<a href="{address("audit")}?run={event.run}">{event.run}, all its events</a>'
    if event.request_ids:
        yield "AWS requests", " ".join(map(_request_id, event.request_ids))
    yield "Seal", _seal(row)
    if not unfolded:
        yield "", f'<a href="{address("audit-event", event.pk)}">Link to this event</a>'


def _by(row: Row) -> str:
    parts = [row.who, row.role, row.event.token and f"token {row.event.token}"]
    parts.append(f"from {row.event.address}" if row.event.address else "")
    return ", ".join(part for part in parts if part)


def _linked(text: str, where: str) -> str:
    # Only addresses of this console: another scheme would run in the reader's session.
    return f'<a href="{escape(where)}">{escape(text)}</a>' if where.startswith("/") else escape(text)


def _request_id(text: object) -> str:
    shown = escape(str(text))
    return (
        f'<span class="mono copy">{shown}</span><button class="copy-button" type="button" data-copy="{shown}" '
        f'aria-label="Copy the request id {shown}" hidden>{_icon("copy")}</button>'
    )


def _seal(row: Row) -> str:
    if row.seal is None:
        return f'<span class="quiet">{_icon("wait")} Waits for its seal</span>'
    short = f"{row.seal.hash[:4]}…{row.seal.hash[-4:]}"
    return (
        f'<span class="go">{_icon("chain")} Sealed</span> as <span class="num">{row.seal.position:,}</span>, '
        f'<span class="mono">{escape(short)}</span>'
    )


@cache
def _icon(name: str) -> str:
    return str(drawing(name, "i-s"))
