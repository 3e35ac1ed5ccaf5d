"""Template tags of the console's look: icons, signs, sizes, ages, differences. Built in: no `{% load %}` needed."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from timcombo_console import formats

register = template.Library()

SIGN_ICONS = {"go": "check", "run": "run", "warn": "warn", "stop": "fail", "": ""}

STATUSES = {  # of deployments and releases: kind of sign, word, icon
    "queued": ("run", "Queued", "wait"),
    "running": ("run", "Deploying", "run"),
    "live": ("go", "Live", "check"),
    "failed": ("stop", "Failed", "fail"),
    "partial": ("warn", "Partly live", "half"),
    "cancelled": ("", "Cancelled", "never"),
    "rolled_back": ("", "Rolled back", "back"),
    "replaced": ("", "Was live", "check"),
    "ingesting": ("run", "Being checked", "run"),
    "ready": ("", "Ready", "check"),
    "rejected": ("stop", "Rejected", "fail"),
    "bad": ("stop", "Marked bad", "fail"),
}

STEPS = {  # of a Run: icon, classes, word
    "pending": ("todo", "quiet", "To do"),
    "running": ("run", "run spin", "Running"),
    "waiting": ("wait", "run", "Waiting"),
    "done": ("okc", "go", "Done"),
    "failed": ("fail", "stop", "Failed"),
    "skipped": ("skip", "quiet", "Skipped"),
}

register.filter("count", formats.count)
register.filter("size", formats.size)
register.filter("percent", formats.percent)
register.filter("measured", formats.measured)
register.filter("duration", formats.duration)
register.filter("about", formats.about)
register.filter("initials", formats.initials)
register.filter("stamp", formats.stamp)


@cache
def _sprite() -> str:
    return static("sprite.svg")


@lru_cache(maxsize=512)
def drawing(name: str, classes: str = "", label: str = "") -> SafeString:
    """The icon `name` of static/sprite.svg; with a label it speaks for itself, otherwise it is decoration."""
    css = f"i {classes}".strip()
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><title>{}</title><use href="{}#{}"/></svg>',
            css,
            label,
            label,
            _sprite(),
            name,
        )
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', css, _sprite(), name)


@register.simple_tag
def icon(name: str, classes: str = "", label: str = "") -> SafeString:
    """`{% icon "check" "go" label="Met" %}`."""
    return drawing(name, classes, label)


@register.simple_tag
def sign(kind: str, text: str, icon: str | None = None) -> SafeString:
    """The state of the thing named beside it: `{% sign "go" "Live" %}`; kind is go, run, warn, stop or empty."""
    name = SIGN_ICONS[kind] if icon is None else icon
    shape = drawing(name, "spin" if name == "run" else "") if name else ""
    return format_html('<span class="{}">{}{}</span>', f"sign {kind}".strip(), shape, text)


@register.simple_tag
def status_sign(status: str, text: str = "") -> SafeString:
    """The sign of a deployment's or release's status, with other words where given."""
    kind, word, name = STATUSES[status]
    return sign(kind, text or word, name)


@register.simple_tag
def status_icon(status: str) -> SafeString:
    """Only the shape of a status, named for who does not see it."""
    kind, word, name = STATUSES[status]
    return drawing(name, f"{kind or 'quiet'}{' spin' if name == 'run' else ''}", word)


@register.simple_tag
def step_icon(state: str) -> SafeString:
    """The shape of a step's state, named for who does not see it."""
    name, classes, word = STEPS[state]
    return drawing(name, classes, word)


def time_element(when: datetime, text: str) -> SafeString:
    """`text` as a `<time>` with the UTC time in its title."""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', formats.stamp(when), formats.full(when), text
    )


@register.filter
def compact(value: Any) -> str:
    """As JSON without a blank, for a script to read from the text of an element."""
    return json.dumps(value, separators=(",", ":"))


@register.filter
def plural(number: int, noun: str) -> str:
    """ "1 alarm", "3 alarms"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@register.filter
def age(when: datetime | None) -> str:
    """How old: "4 min", after 14 days "16 Nov"; None is "never"."""
    return "never" if when is None else time_element(when, formats.age(when, timezone.now()))


@register.filter
def ago(when: datetime | None) -> str:
    """How long ago: "4 min ago", after 14 days "16 Nov"; None is "never"."""
    return "never" if when is None else time_element(when, formats.ago(when, timezone.now()))


@register.filter
def utc(when: datetime | None) -> str:
    """ "2026-11-22 09:55:02 UTC"; None is "never"."""
    return "never" if when is None else time_element(when, formats.full(when))


@register.filter
def clock(when: datetime) -> SafeString:
    """ "09:55:02" in UTC, for logs and the audit log."""
    return time_element(when, formats.clock(when))


@register.filter
def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[tuple[str, Any, Any]]:
    """`(key, old, new)` of every key that differs, sorted; None stands for "not set"."""
    return list(_changes(before or {}, after or {}))


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            yield key, before.get(key), after.get(key)


@register.filter
def shortened(text: str, length: int = 12) -> str:
    """The first characters of a digest or commit, in groups of four: "4f9a 21c8 03de"."""
    head = str(text)[:length]
    return " ".join(head[at : at + 4] for at in range(0, len(head), 4))


@register.filter
def control(field: BoundField) -> SafeString:
    """The field's widget with the class that our stylesheet gives to its kind."""
    widget = field.field.widget
    if isinstance(widget, CheckboxInput | RadioSelect | CheckboxSelectMultiple):
        css = "form-check-input"
    else:
        css = "form-select" if isinstance(widget, Select) else "form-control"
    own = widget.attrs.get("class", "")
    return field.as_widget(attrs={"class": f"{css} {own}".strip()})


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Whether its label belongs behind it."""
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def is_choice(field: BoundField) -> bool:
    """Whether it is a group of boxes or radio buttons, named by a legend."""
    return isinstance(field.field.widget, RadioSelect | CheckboxSelectMultiple)
