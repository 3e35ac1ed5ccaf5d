"""What a person sees when a page fails: a number that leads to the log, and nothing of the failure itself."""

import secrets

import structlog
from django.http import HttpRequest, HttpResponseServerError
from django.template.loader import render_to_string

log = structlog.get_logger(__name__)


def server_error(request: HttpRequest) -> HttpResponseServerError:
    """Django's handler500. The page asks neither the database nor who is there: either may be what failed."""
    number = secrets.token_hex(6)
    log.error("page failed", number=number, path=request.path, method=request.method)
    shown = " ".join(number[at : at + 4] for at in range(0, 12, 4))
    return HttpResponseServerError(render_to_string("500.html", {"number": shown}))
