"""What is sent: words, body, signature; where it may go; how long is waited."""

import hashlib
import hmac
from typing import Any

import pytest

from notifications.addresses import problem_of
from notifications.message import body_of, signature, subject_of, text_of
from notifications.patience import wait_after

PAYLOAD: dict[str, Any] = {
    "id": 7,
    "at": "2026-11-30T09:00:00Z",
    "kind": "deployment.live",
    "product": "tim-combo",
    "environment": "dev",
    "subject": "1.1.0 to Tim-Combo dev",
    "summary": "1.1.0 is live in Tim-Combo dev, seen at the edge.",
    "reason": "",
    "url": "https://console.example.com/deployments/3/",
    "actor": "ana",
    "after": {"status": "live"},
}


def test_a_subject_is_one_line() -> None:
    assert subject_of("Deployment live", PAYLOAD) == "Deployment live: 1.1.0 to Tim-Combo dev"
    assert (
        subject_of("Test", PAYLOAD | {"subject": "a\r\nBcc: x@example.com"}) == "Test: a Bcc: x@example.com"
    )
    assert len(subject_of("Test", PAYLOAD | {"subject": "x" * 300})) == 200


def test_the_text_holds_the_facts_that_there_are() -> None:
    text = text_of(PAYLOAD)
    assert text.startswith(
        "1.1.0 is live in Tim-Combo dev, seen at the edge.\n\nWhere: tim-combo dev\nBy: ana\n"
    )
    assert "Why:" not in text
    assert "Why: TC-1" in text_of(PAYLOAD | {"reason": "TC-1"})


def test_the_body_is_the_same_whatever_the_order_of_the_row() -> None:
    assert body_of(PAYLOAD) == body_of(dict(reversed(PAYLOAD.items())))
    assert "→".encode() in body_of(PAYLOAD | {"summary": "→"})


def test_the_signature_is_over_time_and_body() -> None:
    made = hmac.new(b"key", b"1700000000." + body_of(PAYLOAD), hashlib.sha256).hexdigest()
    assert signature("key", "1700000000", body_of(PAYLOAD)) == f"v1={made}"
    assert signature("key", "1700000001", body_of(PAYLOAD)) != f"v1={made}"


@pytest.mark.parametrize(
    ("url", "allowed", "in_demo"),
    [
        ("https://hooks.example.com/x?y=1", True, True),
        ("https://hooks.example.com:8443/", True, True),
        ("http://hooks.example.com/", False, False),
        ("http://127.0.0.1:8000/inbox", False, True),
        ("http://localhost:8000/inbox", False, True),
        ("http://10.0.0.1/", False, False),
        ("https://10.0.0.1/", False, False),
        ("https://[::1]/", False, False),
        ("https://user:word@hooks.example.com/", False, False),
        ("https://hooks.example.com/#part", False, False),
        ("https:///path", False, False),
        ("https://hooks.example.com:99999/", False, False),
        ("ftp://hooks.example.com/", False, False),
        ("", False, False),
    ],
)
def test_where_a_webhook_may_go(url: str, allowed: bool, in_demo: bool) -> None:
    assert (problem_of(url, demo=False) == "") is allowed
    assert (problem_of(url, demo=True) == "") is in_demo


def test_waits_double_up_to_an_hour_and_are_spread() -> None:
    assert [wait_after(n, 0.5) for n in (1, 2, 3)] == [10, 20, 40]
    assert wait_after(30, 0.5) == wait_after(10_000, 0.5) == 3600
    assert wait_after(1, 0) == 8
    assert wait_after(1, 1) == 12
