"""What a person sees when a request cannot be read, or when a page fails: there a number that leads to the log."""

import secrets

import structlog
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.template.loader import render_to_string

from timcombo_console.api.problems import unread

log = structlog.get_logger(__name__)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400, which is also asked about an upload that is too large."""
    status = 413 if isinstance(exception, RequestDataTooBig) else 400
    if request.path.startswith("/api/"):
        return unread(status)
    return HttpResponse(render_to_string(f"{status}.html"), status=status)


def server_error(request: HttpRequest) -> HttpResponseServerError:
    """Django's handler500. The page asks neither the database nor who is there: either may be what failed."""
    number = secrets.token_hex(6)
    log.error("page failed", number=number, path=request.path, method=request.method)
    shown = " ".join(number[at : at + 4] for at in range(0, 12, 4))
    return HttpResponseServerError(render_to_string("500.html", {"number": shown}))
