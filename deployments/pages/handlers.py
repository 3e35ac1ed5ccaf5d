"""What pages show of the handlers of a plan: what changes and how, what it costs, which half goes."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from deployments.fleet_planner import Change, FleetPlan, HandlerPlan
from deployments.lambda_pace import rate_in_words
from deployments.pages.difference import SHOWN, SHOWN_WHOLE
from deployments.selectors.plans import BACK_END, FRONT_END

MODES = {
    "alias": "the API calls the alias live",
    "latest": "the API calls $LATEST",
    "mixed": "the API calls some by the alias live and some in another way",
    "unknown": "it is not known how the API calls them",
}
HALVES = (("", "Front end and back end"), (FRONT_END, "Front end only"), (BACK_END, "Back end only"))
CHANGES: dict[Change, str] = {
    "changed": "changed",
    "same": "the same",
    "edited": "edited by hand",
    "missing": "missing",
    "extra": "not in the release",
}
FIRST = ("missing", "edited", "changed")
"""The rows of a plan in the order of how much a person should look at them."""


def handlers_section(plan: FleetPlan, query: Mapping[str, str], *, everything: bool) -> dict[str, Any]:
    """The context of `deployments/_handlers.html`; `query` is what the address of the page has besides."""
    told = sorted((one for one in plan.handlers if _is_told(one)), key=_order)
    whole = everything or len(told) <= SHOWN_WHOLE
    return {
        "rows": [_row(plan, one) for one in (told if whole else told[:SHOWN])],
        "total": len(told),
        "changing": len(plan.to_change),
        "all_url": "" if whole else f"?{urlencode({**query, 'handlers': 'all'})}#handlers",
        "counts": [(plan.counts[name], words) for name, words in CHANGES.items() if plan.counts[name]],
        "mode": MODES[plan.mode],
        "in_waves": plan.mode == "latest",
        "calls": plan.calls,
        "seconds": plan.seconds,
        "rate": rate_in_words(),
    }


def _is_told(one: HandlerPlan) -> bool:
    return one.way != "none" or one.change in FIRST


def _order(one: HandlerPlan) -> tuple[int, str]:
    return (FIRST.index(one.change) if one.change in FIRST else len(FIRST), one.name)


def _row(plan: FleetPlan, one: HandlerPlan) -> dict[str, Any]:
    return {
        "name": one.name,
        "change": CHANGES[one.change],
        "kind": one.change,
        "old": one.old_sha256,
        "new": one.new_sha256 if one.new_sha256 != one.old_sha256 else "",
        # A zip that no release brought has no known size.
        "size": one.size or None,
        "way": way_in_words(plan, one),
        "edits": [edit_in_words(edit.field, edit.old, edit.new) for edit in one.edits],
        "note": one.note,
    }


def way_in_words(plan: FleetPlan, one: HandlerPlan) -> str:
    """How callers get the new code."""
    if one.way == "switch":
        return f"switch to version {one.version}"
    if one.way == "update":
        return "update, publish, switch" if plan.mode == "alias" else "update"
    return "stays"


def edit_in_words(field: str, old: str, new: str) -> tuple[str, str, str]:
    """A field that was edited by hand: its name, before, after; digests shortened."""
    if field == "code":
        old, new = old[:8], new[:8]
    name = {"keys": "environment keys"}.get(field, field)
    return name, old or "none", new or "none"


def half_pills(chosen: str, query: Mapping[str, str], *, offered: bool) -> list[tuple[str, str, bool]]:
    """Which half goes, as links: text, address, whether it is the present one; none where there is no choice."""
    if not offered:
        return []
    return [(text, _half_url(half, query), half == chosen) for half, text in HALVES]


def _half_url(half: str, query: Mapping[str, str]) -> str:
    kept = {name: value for name, value in query.items() if value and name != "half"}
    asked = {**kept, "half": half} if half else kept
    return f"?{urlencode(asked)}"


def skew(chosen: str, version: str, *, running: str = "") -> str:
    """What one half alone may break, in words; "" when both go."""
    if chosen == FRONT_END:
        return (
            f"The back end stays as it is: pages of {version} may call handlers that are not there yet, or that answer "
            "in another way."
        )
    if chosen == BACK_END:
        pages = f"pages of {running}" if running else "pages that visitors have open"
        return f"The front end stays as it is: {pages} call the handlers of {version}, which may answer in another way."
    return ""
