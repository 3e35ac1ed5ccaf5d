"""What no page is asked, and what a page refuses: both become a page with the reason, never a stack trace."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from users import nul
from users.refusals import Refused, Unreadable


class RefusalMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refused) or request.path.startswith("/api/"):
            return None
        return render(request, "refused.html", {"refusal": exception}, status=exception.status)


class NulMiddleware:
    """No page sees NUL in its address or in a form. The API says for itself where it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Before the session looks for itself by what a cookie says.
        if nul.in_any(request.COOKIES.values()):
            raise BadRequest("A cookie holds the character NUL.")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        if request.path.startswith("/api/") or not (nul.in_address(request) or nul.in_fields(request)):
            return None
        refusal = Unreadable("The address or a field holds the character NUL, which no text may hold.")
        return render(request, "refused.html", {"refusal": refusal}, status=refusal.status)
