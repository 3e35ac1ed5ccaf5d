"""A secret between the click that made it and the one page that shows it.

The click answers a redirect, so that loading the page anew repeats nothing. Meanwhile the secret travels in a signed
cookie for that page alone: the console itself keeps it nowhere, and a minute later the cookie opens nothing.
"""

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

COOKIE = "shown_once"
SECONDS = 60


def lead_to(request: HttpRequest, name: str, pk: int, secret: str) -> HttpResponse:
    """A redirect to the page `name` of `pk`, which may `take` the secret."""
    address = reverse(name, args=[pk])
    answer = redirect(address)
    answer.set_cookie(
        COOKIE,
        signing.dumps(secret, salt=_salt(request, address)),
        path=address,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return answer


def take(request: HttpRequest) -> str | None:
    """The secret for this page and this person; None when it was shown already, or is older than a minute."""
    try:
        text = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=_salt(request, request.path), max_age=SECONDS
        )
    except signing.BadSignature:
        return None
    return str(text)


def forget(answer: HttpResponse, request: HttpRequest) -> HttpResponse:
    """The answer, telling the browser to drop the cookie of this page."""
    answer.delete_cookie(COOKIE, path=request.path, samesite="Strict")
    return answer


def _salt(request: HttpRequest, address: str) -> str:
    return f"{COOKIE} {request.user.pk} {address}"
