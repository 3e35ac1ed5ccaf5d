"""Notes for each request from where it comes, so that every event of it can say so."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from audit.origin import acting_from, address_of


class OriginMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        channel = "api" if request.path.startswith("/api/") else "page"
        with acting_from(channel, address_of(request)):
            return self.get_response(request)
