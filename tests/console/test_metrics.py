"""Who may read `/metrics`."""

from typing import Any

import pytest
from django.test import RequestFactory

from timcombo_console.metrics import metrics_allowed

BEARER = {"HTTP_AUTHORIZATION": "Bearer m3trics"}


@pytest.fixture(autouse=True)
def no_token(settings: Any) -> None:
    settings.CONSOLE_METRICS_TOKEN = ""
    settings.SECURE_PROXY_SSL_HEADER = None


def allowed(**meta: str) -> bool:
    return metrics_allowed(RequestFactory().get("/metrics", **meta))  # type: ignore[arg-type]


def test_without_a_token_only_loopback_may_ask() -> None:
    assert allowed(REMOTE_ADDR="127.0.0.1")
    assert allowed(REMOTE_ADDR="::1")
    assert not allowed(REMOTE_ADDR="192.0.2.7")
    assert not allowed(REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR="127.0.0.1")


def test_behind_a_proxy_nobody_may_ask_without_the_token(settings: Any) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    for noted in ("127.0.0.1", "192.0.2.7, ::1", ""):
        assert not allowed(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR=noted)
    assert not allowed(REMOTE_ADDR="127.0.0.1", **BEARER)
    settings.CONSOLE_METRICS_TOKEN = "m3trics"
    assert allowed(REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR="198.51.100.1", **BEARER)
    assert not allowed(REMOTE_ADDR="127.0.0.1")
