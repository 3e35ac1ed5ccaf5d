"""Bearer tokens, and POSTs that are carried out once however often they are sent."""

import hashlib
import json
from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from ninja.security import HttpBearer

from audit.origin import address_of
from timcombo_console.api.problems import CONTENT_TYPE, of_refusal
from users import nul
from users.actions import require
from users.floods import record_refusal_once
from users.idempotency import Reply, once
from users.models import ApiToken, User
from users.refusals import Forbidden, Invalid, Refused
from users.tokens import acting_with, authenticate

T = TypeVar("T")


class Bearer(HttpBearer):
    """`Authorization: Bearer tcc_…`. A token that may not be used now is refused without saying why."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        _refuse_nul(request)
        found = authenticate(token)
        if found is None:
            address = address_of(request)
            text = "An API call without a token that is valid now."
            record_refusal_once(
                f"api {address}", action="api.unauthenticated", text=text, subject=request.path
            )
            return None
        request.user = found.user
        return found


def token_of(request: HttpRequest) -> ApiToken:
    token: ApiToken = request.auth  # type: ignore[attr-defined]
    return token


def actor_of(request: HttpRequest) -> User:
    return token_of(request).user


def seeing(request: HttpRequest, permission: str, look: Callable[[User], T]) -> T:
    """Look as the token's person, within its scopes. A refusal is put on record."""
    token = token_of(request)
    with acting_with(token, address_of(request)):
        _check(request, token, permission)
        return look(token.user)


def _check(request: HttpRequest, token: ApiToken, permission: str) -> None:
    try:
        require(token.user, permission)
    except Forbidden as refusal:
        key = f"api {token.pk} {request.path}"
        record_refusal_once(key, action="api.call", text=refusal.text, actor=token.user, subject=request.path)
        raise


def doing(
    request: HttpRequest,
    status: int,
    act: Callable[[User], Any],
    *,
    asked: bytes | None = None,
    sees: str = "estate.view",
) -> HttpResponse:
    """Carry out a wish as the token's person, and answer it as JSON with `status`; what it raises is a problem.

    Who may not see (`sees`) what the wish is about is refused first, on record; the service checks and records the rest.

    With `Idempotency-Key` the answer is kept 24 h and given again; `asked` stands for the body where that is files.
    """
    token, key = token_of(request), request.headers.get("Idempotency-Key")
    if asked is None and nul.ESCAPED_IN_JSON in request.body:
        raise Invalid("The body holds the character NUL, which no text may hold.")
    with acting_with(token, address_of(request)):
        _check(request, token, sees)
        if key is None:
            return _as_response(_reply(status, act, token.user))
        identity = b"\0".join([(request.method or "").encode(), request.path.encode(), asked or request.body])
        return _as_response(
            once(token=token, key=key, asked=identity, act=lambda: _reply(status, act, token.user))
        )


def _refuse_nul(request: HttpRequest) -> None:
    headers = (request.headers.get(name, "") for name in ("Authorization", "Idempotency-Key"))
    if nul.in_address(request) or nul.in_any(headers):
        raise Invalid("The address or a header holds the character NUL, which no text may hold.")


def _reply(status: int, act: Callable[[User], Any], user: User) -> Reply:
    # A refusal is a reply, too: it is on record, and the same question gets the same answer.
    try:
        body = act(user)
    except Refused as refusal:
        answer = of_refusal(refusal)
        return Reply(answer.status_code, answer.content.decode(), {"Content-Type": CONTENT_TYPE})
    headers = {"Content-Type": "application/json"}
    if status == 202:
        headers["Retry-After"] = "1"
    return Reply(status, json.dumps(body), headers)


def _as_response(reply: Reply) -> HttpResponse:
    return HttpResponse(reply.body, status=reply.status, headers=dict(reply.headers))


def digest_of(parts: dict[str, str]) -> bytes:
    """What identifies an upload: its fields, and the sha256 of each file."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).digest()
