"""`/metrics`: what the rows know, in Prometheus' text format."""

import hmac

from django.conf import settings
from django.http import HttpRequest
from prometheus_client import CollectorRegistry, generate_latest

from audit.origin import address_of
from runs.metrics import RunsCollector

LOOPBACK = {"127.0.0.1", "::1"}


def metrics_allowed(request: HttpRequest) -> bool:
    """Whether the asker brings the token; without one set, only loopback may ask."""
    expected = settings.CONSOLE_METRICS_TOKEN
    if not expected:
        return address_of(request) in LOOPBACK
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return hmac.compare_digest(given.encode(), expected.encode())


def metrics_text() -> bytes:
    """All metrics, read from the rows now."""
    registry = CollectorRegistry()
    registry.register(RunsCollector())
    return generate_latest(registry)
