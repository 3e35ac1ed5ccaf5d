"""What every page knows: the sign of the cloud and the person's theme."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def console(request: HttpRequest) -> dict[str, Any]:
    return {"demo": settings.DEMO, "demo_epoch": settings.CONSOLE_DEMO_EPOCH}
