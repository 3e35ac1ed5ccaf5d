"""What a benchmark prints."""

import json

from bench.report import LIMIT, against, exactly, show


def test_a_ratio_above_its_bar_is_missed() -> None:
    assert against("promote", 0.6, 1.0, "s5cmd", 0.7).ok
    assert not against("promote", 0.8, 1.0, "s5cmd", 0.7).ok
    assert against("rollback", 0.9, 1.0, LIMIT, 1).ok


def test_a_count_must_be_just_so() -> None:
    assert exactly("writes", 20, 20).ok
    assert not exactly("writes", 19, 20).ok
    assert not exactly("writes", 21, 20).ok
    assert exactly("objects lost", 0, 0).ok
    assert not exactly("objects lost", 1, 0).ok


def test_programs_get_one_object() -> None:
    found = json.loads(show("sync", [against("promote", 0.6, 1.0, "s5cmd", 0.7)], as_json=True))
    assert found["bench"] == "sync"
    assert found["cores"] >= 1
    assert found["rows"] == [
        {
            "what": "promote",
            "ours": 0.6,
            "peer": 1.0,
            "peer_name": "s5cmd",
            "ratio": 0.6,
            "bar": 0.7,
            "ok": True,
        }
    ]


def test_people_see_what_was_missed() -> None:
    text = show("sync", [against("promote", 0.8, 1.0, "s5cmd", 0.7)], as_json=False)
    assert "MISSED" in text
    assert "s5cmd" in text
