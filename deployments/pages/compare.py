"""What the page that compares two sides shows: the files, the configuration and the handlers that differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from deployments.handlers_difference import Codes, Difference, counts_of, pairs_of
from deployments.pages.called import facts_of, handlers_in_words, warnings_of
from deployments.pages.difference import difference
from deployments.pages.fleet import OLD_AFTER, called_version
from deployments.pages.handler_list import counted, handler_list
from deployments.planner import config_diff, diff
from deployments.selectors.sides import BackEnd, Compared, FrontEnd, Without, sides_of
from products.models import Environment, Product
from users.models import User


@dataclass(frozen=True)
class Half:
    """One half of both sides: the context of what differs, and whether nothing does.

    `note` stands where it could not be compared: `{kind, icon, short, first, second}`; `absent`: because neither side has it.
    """

    context: dict[str, Any]
    same: bool = False
    absent: bool = False
    note: dict[str, str] | None = None


def compare_page(user: User, product: Product, asked: Mapping[str, str]) -> dict[str, Any]:
    """The context of `deployments/compare.html` once both sides are chosen. Raises Missing.

    Of the address's query, `left` and `right` are the sides, `files=all` shows all files; see `handler_list` for more.
    """
    left, right = sides_of(user, product, (asked["left"], asked["right"]))
    query = {name: asked[name] for name in ("left", "right", "files", "q", "all") if asked.get(name)}
    front, back = _front(left, right, query), _back(left, right, query, asked)
    return {
        **front.context,
        **back.context,
        "sides": [_shown(left), _shown(right)],
        "paths": None,
        "front_note": front.note,
        "back_note": back.note,
        "notes": [half.note for half in (front, back) if half.note],
        "same": _same(front, back),
        "swap_url": f"?{urlencode({**query, 'left': asked['right'], 'right': asked['left']})}",
    }


def _same(front: Half, back: Half) -> str:
    """What is equal, in words; "" unless nothing differs and all of it is known."""
    files = "Every file and every configuration value is equal"
    if front.same and back.same:
        return f"{files}, and so is the code of every handler."
    if front.same and back.absent:
        return f"{files}. Neither has a back end."
    if back.same and front.absent:
        return "The code of every handler is equal. Neither has a front end."
    return ""


# The front end


def _front(left: Compared, right: Compared, query: Mapping[str, str]) -> Half:
    one, other = left.front, right.front
    if isinstance(one, Without) or isinstance(other, Without):
        return _not_compared({"front": False}, "files", (left, one), (right, other))
    files = diff(one.side.served(), other.side.served())
    config = config_diff(one.side.configuration, other.side.configuration)
    url = f"?{urlencode({**query, 'files': 'all'})}#files"
    shown = difference(files, config, everything=query.get("files") == "all", all_url=url)
    return Half(shown, same=files.empty and not config)


def _not_compared(
    context: dict[str, Any], what: str, *halves: tuple[Compared, FrontEnd | BackEnd | Without]
) -> Half:
    """What only one side has is not called added or removed: to deploy one half leaves the other as it is."""
    lacking = [half for _, half in halves if isinstance(half, Without)]
    unknown = not any(half.known for half in lacking)
    rest = [_held(side, half) for side, half in halves if not isinstance(half, Without) and not unknown]
    note = {
        "kind": "warn" if unknown else "",
        "icon": "warn" if unknown else "info",
        "short": "not known" if unknown else "not compared",
        "first": f"It is not known which {what} differ." if unknown else f"The {what} were not compared.",
        "second": " ".join([*(half.why for half in lacking), *rest]),
    }
    return Half(context, absent=len(lacking) == 2 and all(half.known for half in lacking), note=note)


def _held(side: Compared, half: FrontEnd | BackEnd) -> str:
    count = len(half.side.manifest) if isinstance(half, FrontEnd) else len(half.called.codes)
    what = "file" if isinstance(half, FrontEnd) else "handler"
    one_or_more = f"{what} of {side.in_words}" if count == 1 else f"{count:,} {what}s of {side.in_words}"
    return f"So there is nothing to compare the {one_or_more} with."


# The back end


def _back(left: Compared, right: Compared, query: Mapping[str, str], asked: Mapping[str, str]) -> Half:
    one, other = left.back, right.back
    if isinstance(one, Without) or isinstance(other, Without):
        return _not_compared({"handlers": None}, "handlers", (left, one), (right, other))
    pairs = pairs_of(_codes(left, one), _codes(right, other))
    counts, warnings = counts_of(pairs), warnings_of((left, one), (right, other))
    section = {
        **handler_list(pairs, asked, {name: query.get(name, "") for name in ("left", "right", "files")}),
        "caption": f"Handlers of {left.in_words} and {right.in_words}",
        "in_short": counted(pairs),
        "total": len(pairs) - counts["same"],
        "differing": _differing(counts),
        "warnings": [*_unknown(counts["unknown"]), *warnings],
        "facts": facts_of((left, one), (right, other)),
    }
    return Half({"handlers": section}, same=counts["same"] == len(pairs) and not warnings)


def _differing(counts: Mapping[Difference, int]) -> str:
    """How many differ, in words where it is not known of all."""
    differing = counts["added"] + counts["changed"] + counts["removed"]
    if not counts["unknown"]:
        return f"{differing:,}"
    return f"{differing:,} or more" if differing else "not known"


def _codes(side: Compared, back: BackEnd) -> Codes:
    """Each note with the environment that it is about."""
    found = back.called.codes
    notes = {name: f"{side.name}: {one.note}" for name, one in found.items() if one.note}
    return {**found, **{name: found[name]._replace(note=note) for name, note in notes.items()}}


def _unknown(count: int) -> Iterator[tuple[str, str]]:
    if count:
        yield f"Of {handlers_in_words(count)} it is not known whether the code differs.", "The list says why."


# The sides


def _shown(side: Compared) -> dict[str, Any]:
    """The context of one side in short: `{label, version, note, seen_at, old}`."""
    if side.environment is None:
        return {"label": "Release", "version": side.name, "note": ", ".join(_held_in_words(side))}
    fleet = side.back.fleet if isinstance(side.back, BackEnd) else None
    seen_at = fleet.observed_at if fleet else None
    return {
        "label": side.name,
        "version": _version(side),
        "note": ", ".join(_running_in_words(side, side.environment)),
        "seen_at": seen_at,
        "old": seen_at is not None and timezone.now() - seen_at > OLD_AFTER,
    }


def _version(side: Compared) -> str:
    """What visitors get; where that is not known, what their API calls."""
    if isinstance(side.front, FrontEnd):
        return side.front.side.version
    return side.back.release.version if isinstance(side.back, BackEnd) else "not known"


def _held_in_words(side: Compared) -> Iterator[str]:
    front, back = side.front, side.back
    if isinstance(front, Without):
        yield "no front end"
    else:
        yield f"the artifact for {front.target}" + (f", none for {front.lacks}" if front.lacks else "")
    yield "no back end" if isinstance(back, Without) else handlers_in_words(len(back.called.codes))


def _running_in_words(side: Compared, environment: Environment) -> Iterator[str]:
    front, back = side.front, side.back
    if isinstance(front, Without):
        yield "front end not known"
    else:
        yield f"configuration revision {front.config.number}" if front.config else "no configuration"
    if isinstance(back, Without):
        yield "no back end" if back.known else "back end not known"
    elif back.fleet and back.fleet.running:
        yield f"back end {called_version(back.fleet.running, environment)}"
