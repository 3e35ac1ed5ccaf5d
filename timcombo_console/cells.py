"""The cells of the matrix: what visitors of an environment get, and what is under way there.

Drawn by Python rather than by a template, because a page has 500 of them: about nine elements each. Every value is
escaped here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from html import escape
from typing import NamedTuple

from django.utils.safestring import SafeString

from timcombo_console import formats
from timcombo_console.templatetags.console import drawing

NO_WAY_BACK = "The way back is not open"
DEGRADED = "It fares worse since its deployment"
EDGE_DIFFERS = "The edge serves something else"
BACK = "back end"
"""Stands before a version of which the pages are not meant."""

# Names, versions and people, which many cells share.
_escaped = lru_cache(maxsize=2048)(escape)


class Cell(NamedTuple):
    """One environment of one product.

    `state` is one of none (not set up), never, live, queued, running, failed, part, drift, back. `version` is what
    visitors get, also while another one is on its way (`next_version`: coming, or the one that failed, or the one
    rolled away from). `verified`: the edge was seen to serve it; None: not asked yet. `at` and `who`: since when, by
    whom. `step` of `steps` counts from 1, `step_name` is where it failed, `seconds_left` is an estimate, `ahead` the
    Runs before a queued one, `note` the words of a drift or a partly live back end. `ready_version` may be promoted
    here, by the page `ready_url`; of `ready_back_end` the back end alone. `back_end` is the release that the API calls,
    when it is not `version`. `no_way_back`: something that a rollback needs was seen to be missing. `spark` are the points
    of a line of its traffic, `alarms` how many ring; `degraded`: it fares worse since its newest deployment;
    `edge_differs`: visitors were seen to get something else than `version`.
    """

    id: int
    product: str
    environment: str
    url: str
    state: str
    version: str = ""
    verified: bool | None = None
    next_version: str = ""
    at: datetime | None = None
    who: str = ""
    step: int = 0
    steps: int = 0
    step_name: str = ""
    seconds_left: float | None = None
    ahead: int = 0
    note: str = ""
    ready_version: str = ""
    ready_url: str = ""
    ready_back_end: str = ""
    ready_back_end_url: str = ""
    back_end: str = ""
    no_way_back: bool = False
    spark: str = ""
    alarms: int = 0
    degraded: bool = False
    edge_differs: bool = False


def row_html(name: str, url: str, domain: str, cells: Iterable[Cell]) -> SafeString:
    """A product with its environments as a `<tr>`; `url` is its page."""
    head = f'<a href="{escape(url)}"><b>{escape(name)}</b></a><small class="dom">{escape(domain)}</small>'
    drawn = "".join(map(cell_html, cells))
    return SafeString(f'<tr role="row"><th scope="row" role="rowheader">{head}</th>{drawn}</tr>')


def cell_html(cell: Cell, *, swap: bool = False) -> SafeString:
    """The cell as a `<td>`. With `swap` it takes the place of the one with its id when htmx receives it."""
    if cell.state == "none":
        inner = (
            '<div class="l1 quiet"><span class="small">Not set up</span></div><div class="l2">&nbsp;</div>'
        )
    else:
        inner = f'<div class="l1">{_first_line(cell)}</div>{_second_line(cell)}'
    opening = f'<td class="cell" role="cell" id="cell-{cell.id}" data-env="{_escaped(cell.environment)}"'
    oob = ' hx-swap-oob="true"' if swap else ""
    return SafeString(f'{opening} data-state="{cell.state}"{oob}>{inner}</td>')


def _first_line(cell: Cell) -> str:
    name = f"{_escaped(cell.product)} {_escaped(cell.environment)}"
    if cell.state == "never":
        css, words = "ver quiet", '<span class="small">Never deployed</span>'
    else:
        css, words = "ver", _escaped(cell.version or "nothing yet")
    label = f"{name}, {_phrase(cell)}"
    link = f'<a class="{css}" href="{escape(cell.url)}" aria-label="{label}">{words}</a>'
    menu = f'<details class="menu"><summary aria-label="Actions for {name}"></summary></details>'
    return LOOKS[cell.state].shape() + link + _beside(cell) + _spark(cell) + menu


def _spark(cell: Cell) -> str:
    if not cell.spark:
        return ""
    return (
        f'<svg class="spark" viewBox="0 0 48 16" aria-hidden="true"><polyline points="{cell.spark}"/></svg>'
    )


def _beside(cell: Cell) -> str:
    """What stands between the version and the menu: where it goes, the edge's tick, what is ready."""
    if cell.state in ("queued", "running"):
        return f'<span class="to"><span aria-hidden="true">→</span> {_escaped(cell.next_version)}</span>'
    tick = ""
    if cell.state in ("live", "back", "drift"):
        tick = '<i class="ok"></i>' if cell.verified else drawing("wait", "i-s quiet")
    tick += "".join(f'<span title="{words}">{shape}</span>' for words, shape in _warnings(cell))
    return tick if cell.state == "never" else tick + _ready(cell)


def _warnings(cell: Cell) -> Iterator[tuple[str, SafeString]]:
    """What is wrong with what runs, in words and as a shape; each is in the phrase, too."""
    if cell.alarms:
        yield (
            f"{cell.alarms} alarm{'' if cell.alarms == 1 else 's'} ring{'s' if cell.alarms == 1 else ''}",
            drawing("bell", "i-s stop"),
        )
    if cell.degraded:
        yield DEGRADED, drawing("line", "i-s stop")
    if cell.edge_differs:
        yield EDGE_DIFFERS, drawing("drift", "i-s warn")
    if cell.no_way_back:
        yield NO_WAY_BACK, drawing("warn", "i-s warn")


def _ready(cell: Cell) -> str:
    return _next(cell.ready_url, f"{cell.ready_version} ready") if cell.ready_version else ""


def _next(url: str, words: str, label: str = "") -> str:
    """A link to a plan, named by its words or by a longer label that holds them."""
    named = f' aria-label="{_escaped(label)}"' if label else ""
    return f'<a class="next" href="{escape(url)}"{named}>{drawing("up", "i-s")}{_escaped(words)}</a>'


def _second_line(cell: Cell) -> str:
    return f'<div class="l2">{LOOKS[cell.state].words(cell)}</div>' + _progress(cell)


def _progress(cell: Cell) -> str:
    if cell.state != "running" or not cell.steps:
        return ""
    label = f"Step {cell.step} of {cell.steps}"
    return f'<progress max="{cell.steps}" value="{cell.step - 0.5}" aria-label="{label}"></progress>'


def _phrase(cell: Cell) -> str:
    """All of it in one phrase, for who hears the page instead of seeing it."""
    said = _escaped(LOOKS[cell.state].phrase.format(cell=cell))
    edge = ", the edge serves it" if cell.verified and cell.state in ("live", "back", "drift") else ""
    version = f"{_escaped(cell.version)}, " if cell.version else ""
    called = f", {_called(cell)}" if cell.back_end else ""
    wrong = "".join(f", {words[0].lower()}{words[1:]}" for words, _ in _warnings(cell))
    return f"{version}{said}{edge}{called}{wrong}"


def _called(cell: Cell) -> str:
    return f"{BACK} {_escaped(cell.back_end)}" if cell.back_end else ""


def _of_back_end(cell: Cell) -> str:
    """The release that the API calls, when it is not the pages', and the one of which the back end may follow alone.

    Where a release with its front end is ready, that one has the cell's offer, and the menu holds the other.
    """
    called, version = _called(cell), cell.ready_back_end
    if not version or cell.ready_version:
        return called
    words = f"{version} ready" if called else f"{BACK} {version}"
    return _joined(called, _next(cell.ready_back_end_url, words, f"{BACK} {version} ready"))


def _live(cell: Cell) -> str:
    if cell.back_end and cell.ready_back_end and not cell.ready_version:
        return _of_back_end(cell)
    return _joined(_ago(cell), _of_back_end(cell) or _escaped(cell.who))


def _queued(cell: Cell) -> str:
    ahead = f"{cell.ahead} ahead" if cell.ahead else ""
    return _joined('<b class="run">Queued</b>', ahead, _escaped(cell.who))


def _running(cell: Cell) -> str:
    left = f"{formats.duration(cell.seconds_left)} left" if cell.seconds_left is not None else ""
    return _joined(f'<b class="run">Step {cell.step} of {cell.steps}</b>', left, _escaped(cell.who))


def _failed(cell: Cell) -> str:
    return _joined(
        f'<b class="stop">{_escaped(cell.next_version)} failed</b> at {escape(cell.step_name)}', _ago(cell)
    )


def _part(cell: Cell) -> str:
    return f'<b class="warn">Partly live:</b> {escape(cell.note)}'


def _drift(cell: Cell) -> str:
    return f'<b class="warn">Drift:</b> {escape(cell.note)}'


def _back(cell: Cell) -> str:
    return _joined(f"<b>Rolled back</b> from {_escaped(cell.next_version)}", _of_back_end(cell) or _ago(cell))


def _never(cell: Cell) -> str:
    back = _of_back_end(cell)
    return _joined(_ready(cell), f"<span>{back}</span>" if back else "") or "&nbsp;"


def _ago(cell: Cell) -> str:
    if cell.at is None:
        return ""
    when = formats.stamp(cell.at)
    return f'<time datetime="{when}" title="{when[:10]} {when[11:19]} UTC">{formats.ago(cell.at, datetime.now(UTC))}</time>'


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _dot() -> str:
    return '<i class="dot go"></i>'


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is drawn: its shape, the words of the second line, what is said of it."""

    shape: Callable[[], str]
    words: Callable[[Cell], str]
    phrase: str


LOOKS = {
    "never": Look(lambda: drawing("never", "i-s quiet"), _never, "never deployed"),
    "live": Look(_dot, _live, "live"),
    "queued": Look(lambda: drawing("wait", "i-s run"), _queued, "{cell.next_version} is queued"),
    "running": Look(
        lambda: drawing("run", "i-s run spin"),
        _running,
        "deploying {cell.next_version}, step {cell.step} of {cell.steps}",
    ),
    "failed": Look(
        lambda: drawing("fail", "i-s stop"),
        _failed,
        "deployment of {cell.next_version} failed at {cell.step_name}",
    ),
    "part": Look(lambda: drawing("half", "i-s warn"), _part, "partly live"),
    "drift": Look(lambda: drawing("drift", "i-s warn"), _drift, "drift"),
    "back": Look(lambda: drawing("back", "i-s quiet"), _back, "rolled back from {cell.next_version}"),
}
