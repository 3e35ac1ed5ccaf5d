"""`/metrics`: what the rows know, in Prometheus' text format."""

import hmac

from django.conf import settings
from django.http import HttpRequest
from prometheus_client import CollectorRegistry, generate_latest

from monitoring.metrics import MonitoringCollector
from notifications.metrics import NotificationsCollector
from runs.metrics import RunsCollector

LOOPBACK = {"127.0.0.1", "::1"}
COLLECTORS = (RunsCollector, MonitoringCollector, NotificationsCollector)


def metrics_allowed(request: HttpRequest) -> bool:
    """Whether the asker brings the token; without one set, only loopback may ask, and behind a proxy nobody."""
    expected = settings.CONSOLE_METRICS_TOKEN
    if not expected:
        # Behind a proxy every connection is the proxy's, and an address in a header proves nothing.
        return not settings.SECURE_PROXY_SSL_HEADER and request.META.get("REMOTE_ADDR") in LOOPBACK
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return hmac.compare_digest(given.encode(), expected.encode())


def metrics_text() -> bytes:
    """All metrics, read from the rows now."""
    registry = CollectorRegistry()
    for collector in COLLECTORS:
        registry.register(collector())
    return generate_latest(registry)
