"""Errors as RFC 9457 problems: `application/problem+json` with a `code` that programs may rely on."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    StreamingHttpResponse,
    UnreadablePostError,
)
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from timcombo_console.api.bodies import errors_of, in_words
from users.refusals import Refused

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"

JSON = "application/json"

View = Callable[..., HttpResponseBase]


CODES = {
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
}
"""The code of each status that says one thing only; 409 says several, and what is left of 4xx is `invalid`."""


def problem(status: int, code: str, text: str, **more: Any) -> HttpResponse:
    """One problem. `more` are members besides type, title, status, detail and code, which are its own."""
    body = {
        "type": "about:blank",
        "title": code.replace("_", " "),
        "status": status,
        "detail": text,
        "code": code,
    }
    return HttpResponse(json.dumps(more | body, default=str), status=status, content_type=CONTENT_TYPE)


def of_refusal(refusal: Refused) -> HttpResponse:
    """A service's refusal, with what it names (errors per field; the Run in the way)."""
    return problem(refusal.status, refusal.code, refusal.text, **refusal.details)


def unreadable(request: HttpRequest, text: str = "", **more: Any) -> HttpResponse:
    """What a body that is no JSON answers: 415 when it does not claim to be any, else 422 with `text`."""
    if request.content_type not in ("", JSON):
        kind = request.content_type
        return problem(415, CODES[415], f"This call reads {JSON}, and the body is sent as {kind}.")
    return problem(422, "invalid", text or "The body is no JSON. Nothing was done.", **more)


def only_problems(view: View) -> View:
    """The view of a call for programs: HEAD is answered as GET, and a verb that it does not know by a problem."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            found = (
                _as_get(view, request, args, kwargs)
                if request.method == "HEAD"
                else view(request, *args, **kwargs)
            )
        except Http404:
            return nowhere(request)
        return _not_allowed(request, found) if isinstance(found, HttpResponseNotAllowed) else found

    # Whoever is let in brings a token, never a cookie that a foreign page could use; and the sign-in that all pages
    # ask for would redirect programs to a form.
    return csrf_exempt(login_not_required(answer))


def _as_get(view: View, request: HttpRequest, args: Any, kwargs: Any) -> HttpResponseBase:
    """What GET answers, without its body. The log that an export would stream is not read."""
    request.method = "GET"
    try:
        found = view(request, *args, **kwargs)
    finally:
        request.method = "HEAD"
    if isinstance(found, HttpResponse):
        found["Content-Length"] = str(len(found.content))
        found.content = b""
    elif isinstance(found, StreamingHttpResponse):
        found.streaming_content = ()
    return found


def _not_allowed(request: HttpRequest, found: HttpResponseNotAllowed) -> HttpResponse:
    allowed = found["Allow"].replace("GET", "GET, HEAD")
    refused = problem(405, CODES[405], f"{request.path} answers {allowed}, not {request.method}.")
    refused["Allow"] = allowed
    return refused


@csrf_exempt
@login_not_required
def nowhere(request: HttpRequest) -> HttpResponse:
    """What an address below `/api/` answers that is no call's."""
    return problem(
        404, "not_found", f"There is no call {request.method} {request.path}. See /api/v1/openapi.json."
    )


def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    return of_refusal(error)


def _unauthenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    answer = problem(401, CODES[401], "Send a token that is valid now: Authorization: Bearer tcc_…")
    answer["WWW-Authenticate"] = "Bearer"
    return answer


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = errors_of(error.errors)
    return problem(422, "invalid", in_words(errors), errors=errors)


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    # ninja's only 400 is a body that it cannot parse.
    if error.status_code == 400:
        cause = error.__cause__
        return of_refusal(cause) if isinstance(cause, Refused) else unreadable(request)
    other = "invalid" if error.status_code < 500 else "error"
    return problem(error.status_code, CODES.get(error.status_code, other), str(error))


def unread(status: int) -> HttpResponse:
    """What a request is answered that was not let in to any call: 413 when it is too large, else 400."""
    if status == 413:
        return problem(413, CODES[413], "The request is larger than it may be. Nothing was kept of it.")
    return problem(
        400, "invalid", "The request could not be read: its Host or another header is not one of ours."
    )


def _too_large(request: HttpRequest, error: Exception) -> HttpResponse:
    return unread(413)


def _broken(request: HttpRequest, error: Exception) -> HttpResponse:
    text = "The body broke off or does not hold together. Nothing was kept of it. Send it again."
    return problem(422, "invalid", text)


def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, CODES[404], "There is nothing at this address.")


def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("api call failed", path=request.path, exc_info=error)
    return problem(
        500, "error", "Something failed that should not. It is in the log; try again, or tell an admin."
    )


HANDLERS: dict[type[Exception], Callable[..., HttpResponse]] = {
    Refused: _refused,
    AuthenticationError: _unauthenticated,
    ValidationError: _invalid,
    HttpError: _http_error,
    RequestDataTooBig: _too_large,
    TooManyFieldsSent: _too_large,
    TooManyFilesSent: _too_large,
    MultiPartParserError: _broken,
    UnreadablePostError: _broken,
    Http404: _missing,
    Exception: _unexpected,
}


def install(api: NinjaAPI) -> None:
    """Make every error of the API a problem."""
    for kind, handler in HANDLERS.items():
        api.add_exception_handler(kind, handler)
