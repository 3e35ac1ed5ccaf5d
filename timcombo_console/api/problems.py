"""Errors as RFC 9457 problems: `application/problem+json` with a `code` that programs may rely on."""

import json
from typing import Any

import structlog
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from users.refusals import Refused

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"


def problem(status: int, code: str, text: str, **more: Any) -> HttpResponse:
    """One problem. `more` are members besides type, title, status, detail and code."""
    body = {
        "type": "about:blank",
        "title": code.replace("_", " "),
        "status": status,
        "detail": text,
        "code": code,
    }
    return HttpResponse(json.dumps(body | more, default=str), status=status, content_type=CONTENT_TYPE)


def of_refusal(refusal: Refused) -> HttpResponse:
    """A service's refusal, with what it names (errors per field; the Run in the way)."""
    return problem(refusal.status, refusal.code, refusal.text, **refusal.details)


@login_not_required
def nowhere(request: HttpRequest) -> HttpResponse:
    """What an address below `/api/` answers that is no call's."""
    return problem(
        404, "not_found", f"There is no call {request.method} {request.path}. See /api/v1/openapi.json."
    )


def install(api: NinjaAPI) -> None:
    """Make every error of the API a problem."""

    @api.exception_handler(Refused)
    def refused(request: HttpRequest, error: Refused) -> HttpResponse:
        return of_refusal(error)

    @api.exception_handler(AuthenticationError)
    def unauthenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        text = "Send a token that is valid now: Authorization: Bearer tcc_…"
        answer = problem(401, "unauthenticated", text)
        answer["WWW-Authenticate"] = "Bearer"
        return answer

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        errors: dict[str, list[str]] = {}
        for one in error.errors:
            errors.setdefault(".".join(map(str, one["loc"][1:])) or "body", []).append(one["msg"])
        text = " ".join(f"{field}: {' '.join(texts)}." for field, texts in errors.items())
        return problem(422, "invalid", text, errors=errors)

    @api.exception_handler(HttpError)
    def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
        return problem(error.status_code if error.status_code != 400 else 422, "invalid", str(error))

    @api.exception_handler(RequestDataTooBig)
    def too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
        return problem(413, "too_large", "The request is larger than it may be. Nothing was kept of it.")

    @api.exception_handler(Exception)
    def unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
        log.error("api call failed", path=request.path, exc_info=error)
        return problem(
            500, "error", "Something failed that should not. It is in the log; try again, or tell an admin."
        )

    @api.exception_handler(Http404)
    def missing(request: HttpRequest, error: Http404) -> HttpResponse:
        return problem(404, "not_found", "There is nothing at this address.")
