"""A cell of the matrix: what it says, to eyes and ears, and what it costs."""

import time
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.utils import timezone

from timcombo_console.cells import LOOKS, Cell, cell_html

FACTS: dict[str, Any] = {
    "id": 7,
    "product": "Tim-Combo",
    "environment": "prod",
    "url": "/products/tim-combo/environments/prod/",
    "version": "1.0.4",
    "next_version": "1.1.0",
    "step": 2,
    "steps": 8,
    "step_name": "Verify",
    "verified": True,
    "who": "Ana Ruiz",
}


def cell(**facts: Any) -> str:
    ago = timezone.now() - timedelta(minutes=4, seconds=1)
    return str(cell_html(Cell(**{**FACTS, "at": ago, "state": "live", **facts})))


def elements(html: str) -> int:
    found: list[str] = []

    class Counter(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            found.append(tag)

    Counter().feed(html)
    return len(found)


def test_a_live_cell_says_what_visitors_get_since_when_and_by_whom() -> None:
    html = cell()
    assert 'aria-label="Tim-Combo prod, 1.0.4, live, the edge serves it"' in html
    assert ">4 min ago</time> · Ana Ruiz" in html
    assert 'class="ok"' in html
    assert elements(html) <= 10


def test_a_running_cell_keeps_the_version_visitors_get_in_bold() -> None:
    html = cell(state="running", seconds_left=104)
    assert ">1.0.4</a>" in html
    assert "→</span> 1.1.0" in html
    assert "Step 2 of 8</b> · 1 min 44 s left" in html
    assert '<progress max="8" value="1.5" aria-label="Step 2 of 8">' in html


def test_a_failed_cell_names_the_step_and_keeps_the_old_version() -> None:
    html = cell(state="failed")
    assert ">1.0.4</a>" in html
    assert "1.1.0 failed</b> at Verify" in html


def test_an_edge_that_was_not_asked_has_no_tick() -> None:
    html = cell(verified=None)
    assert 'class="ok"' not in html
    assert "the edge serves it" not in html


def test_what_is_ready_links_to_its_plan() -> None:
    html = cell(ready_version="2.7.0", ready_url="/plan/")
    assert '<a class="next" href="/plan/">' in html
    assert "2.7.0 ready</a>" in html


def test_a_back_end_alone_is_ready_where_nothing_else_is() -> None:
    back = {"ready_back_end": "2.7.1", "ready_back_end_url": "/plan/?half=backend"}
    html = cell(**back)
    assert '· <a class="next" href="/plan/?half=backend" aria-label="back end 2.7.1 ready">' in html
    assert "back end 2.7.1</a>" in html
    assert "2.7.1" not in cell(**back, ready_version="2.8.0", ready_url="/plan/")
    assert "back end 1.0.5 · <a" in cell(**back, back_end="1.0.5")
    assert "2.7.1 ready</a>" in cell(**back, back_end="1.0.5")
    assert "<span><a" in cell(state="never", version="", **back)


def test_another_back_end_is_told_in_the_place_of_who_promoted() -> None:
    html = cell(back_end="1.0.5")
    assert ">4 min ago</time> · back end 1.0.5<" in html
    assert 'aria-label="Tim-Combo prod, 1.0.4, live, the edge serves it, back end 1.0.5"' in html
    assert elements(html) == elements(cell())
    assert "<b>Rolled back</b> from 1.1.0 · back end 1.0.5<" in cell(state="back", back_end="1.0.5")
    assert "<span>back end 1.0.5</span>" in cell(state="never", version="", back_end="1.0.5")


def test_not_set_up_is_said_in_words_and_has_no_menu() -> None:
    html = cell(state="none")
    assert "Not set up" in html
    assert "<a" not in html


@pytest.mark.parametrize("state", LOOKS)
def test_every_state_has_a_phrase_and_escapes_names(state: str) -> None:
    bad = '"><script>'
    html = cell(state=state, product=bad, environment=bad, version=bad, next_version=bad, who=bad, url=bad)
    html += cell(state=state, back_end=bad, ready_back_end=bad, ready_back_end_url=bad)
    assert "<script" not in html
    assert "aria-label=" in html


def test_a_cell_for_a_poll_swaps_itself() -> None:
    assert 'id="cell-7"' in cell()
    assert "hx-swap-oob" not in cell()
    fresh = str(cell_html(Cell(**FACTS, state="live"), swap=True))
    assert 'hx-swap-oob="true"' in fresh


def test_500_cells_are_drawn_quickly() -> None:
    cells = [Cell(**{**FACTS, "id": n}, state="live", at=timezone.now()) for n in range(500)]
    times = []
    for _ in range(5):
        began = time.process_time()
        html = "".join(cell_html(one) for one in cells)
        times.append(time.process_time() - began)
    assert min(times) < 0.04
    assert len(html) < 300_000
