"""The cells of the matrix: what visitors of an environment get, and what is under way there.

Drawn by Python rather than by a template, because a page has 500 of them: about nine elements each.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from html import escape

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from timcombo_console import formats
from timcombo_console.templatetags.console import drawing

CLOSED_MENU = '<details class="menu"><summary aria-label="Actions for {}"></summary></details>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One environment of one product.

    `state` is one of none (not set up), never, live, queued, running, failed, part, drift, back. `version` is what
    visitors get, also while another one is on its way (`next_version`: coming, or the one that failed, or the one
    rolled away from). `verified`: the edge was seen to serve it; None: not asked yet. `at` and `who`: since when, by
    whom. `step` of `steps` counts from 1, `step_name` is where it failed, `seconds_left` is an estimate, `ahead` the
    Runs before a queued one, `note` the words of a drift or a partly live back end. `ready_version` may be promoted
    here, by the page `ready_url`.
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


def cell_html(cell: Cell, *, swap: bool = False) -> SafeString:
    """The cell as a `<td>`. With `swap` it takes the place of the one with its id when htmx receives it."""
    if cell.state == "none":
        inner = (
            '<div class="l1 quiet"><span class="small">Not set up</span></div><div class="l2">&nbsp;</div>'
        )
    else:
        inner = f'<div class="l1">{_first_line(cell)}</div>{_second_line(cell)}'
    opening = f'<td class="cell" role="cell" id="cell-{cell.id}" data-env="{escape(cell.environment)}"'
    oob = ' hx-swap-oob="true"' if swap else ""
    return mark_safe(f'{opening} data-state="{cell.state}"{oob}>{inner}</td>')  # noqa: S308 - every value is escaped


def _first_line(cell: Cell) -> str:
    name = escape(f"{cell.product} {cell.environment}")
    label = escape(_phrase(cell))
    url = escape(cell.url)
    if cell.state == "never":
        words = '<span class="small">Never deployed</span>'
        link = f'<a class="ver quiet" href="{url}" aria-label="{label}">{words}</a>'
    else:
        link = f'<a class="ver" href="{url}" aria-label="{label}">{escape(cell.version or "nothing yet")}</a>'
    return LOOKS[cell.state].shape() + link + _beside(cell) + CLOSED_MENU.format(name)


def _beside(cell: Cell) -> str:
    """What stands between the version and the menu: where it goes, the edge's tick, what is ready."""
    if cell.state in ("queued", "running"):
        return f'<span class="to"><span aria-hidden="true">→</span> {escape(cell.next_version)}</span>'
    tick = ""
    if cell.state in ("live", "back", "drift"):
        tick = '<i class="ok"></i>' if cell.verified else drawing("wait", "i-s quiet")
    return tick if cell.state == "never" else tick + _ready(cell)


def _ready(cell: Cell) -> str:
    if not cell.ready_version:
        return ""
    ready = f"{drawing('up', 'i-s')}{escape(cell.ready_version)} ready"
    return f'<a class="next" href="{escape(cell.ready_url)}">{ready}</a>'


def _second_line(cell: Cell) -> str:
    return f'<div class="l2">{LOOKS[cell.state].words(cell)}</div>' + _progress(cell)


def _progress(cell: Cell) -> str:
    if cell.state != "running" or not cell.steps:
        return ""
    label = f"Step {cell.step} of {cell.steps}"
    return f'<progress max="{cell.steps}" value="{cell.step - 0.5}" aria-label="{label}"></progress>'


def _phrase(cell: Cell) -> str:
    """All of it in one phrase, for who hears the page instead of seeing it."""
    said = LOOKS[cell.state].phrase.format(cell=cell)
    edge = ", the edge serves it" if cell.verified and cell.state in ("live", "back", "drift") else ""
    version = f"{cell.version}, " if cell.version else ""
    return f"{cell.product} {cell.environment}, {version}{said}{edge}"


def _live(cell: Cell) -> str:
    return _joined(_ago(cell), escape(cell.who))


def _queued(cell: Cell) -> str:
    ahead = f"{cell.ahead} ahead" if cell.ahead else ""
    return _joined('<b class="run">Queued</b>', ahead, escape(cell.who))


def _running(cell: Cell) -> str:
    left = f"{formats.duration(cell.seconds_left)} left" if cell.seconds_left is not None else ""
    return _joined(f'<b class="run">Step {cell.step} of {cell.steps}</b>', left, escape(cell.who))


def _failed(cell: Cell) -> str:
    return _joined(
        f'<b class="stop">{escape(cell.next_version)} failed</b> at {escape(cell.step_name)}', _ago(cell)
    )


def _part(cell: Cell) -> str:
    return f'<b class="warn">Partly live:</b> {escape(cell.note)}'


def _drift(cell: Cell) -> str:
    return f'<b class="warn">Drift:</b> {escape(cell.note)}'


def _back(cell: Cell) -> str:
    return _joined(f"<b>Rolled back</b> from {escape(cell.next_version)}", _ago(cell))


def _never(cell: Cell) -> str:
    return _ready(cell) or "&nbsp;"


def _ago(cell: Cell) -> str:
    if cell.at is None:
        return ""
    when, full = formats.stamp(cell.at), formats.full(cell.at)
    return f'<time datetime="{when}" title="{full}">{formats.ago(cell.at, timezone.now())}</time>'


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
