"""What every page has in common: a signed-in person, a permission, the right verb."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods
from django_htmx.middleware import HtmxDetails

from users.actions import require
from users.floods import record_refusal_once
from users.models import User
from users.refusals import Forbidden


class Request(HttpRequest):
    """The request of a page: somebody is signed in, and htmx says whether it wants a fragment."""

    user: User
    htmx: HtmxDetails


View = Callable[..., HttpResponseBase]


def page(*, permission: str | None, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
    """Make a page of `view(request: Request, …)`: only for who holds `permission` (None: whoever is signed in).

    A refusal is put on record and raised as Forbidden, which the middleware renders. What a POST changes is
    checked and recorded by the service it calls; the page's own permission is the one to see it.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if permission is not None:
                if request.user.password_is_initial:
                    return redirect("profile")
                _check(request, permission)
            return view(request, *args, **kwargs)

        verbs = [*methods, "HEAD"] if "GET" in methods else list(methods)
        guarded: View = require_http_methods(verbs)(checked)
        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def _check(request: Request, permission: str) -> None:
    try:
        require(request.user, permission)
    except Forbidden as refusal:
        key = f"page {request.user.pk} {request.path}"
        record_refusal_once(
            key, action="page.open", text=refusal.text, actor=request.user, subject=request.path
        )
        raise
