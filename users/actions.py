"""The one way a person's wish enters the console.

`@action(name, permission=…)` makes a service of a function: keyword-only, `actor` required. The wrapper checks the
permission and how long the reason is, opens the transaction, and insists on exactly one audit event. A refusal rolls
the transaction back and is recorded in a transaction of its own.
"""

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import transaction

from audit.models import Result
from audit.services import record, watching
from users.models import User
from users.permissions import PERMISSIONS, SCOPES, may, who_may
from users.reasons import LONGEST_REASON, refuse_too_long
from users.refusals import Forbidden, Refused

P = ParamSpec("P")
T = TypeVar("T")

ACTIONS: dict[str, Callable[..., Any]] = {}
"""Every service by action name; the guard test and the page "Who may do what" walk it."""

token_scopes: ContextVar[tuple[str, ...] | None] = ContextVar("token_scopes", default=None)
"""The scopes of the API token that acts in this thread; None when a person acts by page or command."""


def allowed(actor: User | None, permission: str) -> bool:
    """Whether `actor`, and the token that acts for them, may do it. None is the console itself."""
    if actor is None:
        return True
    scopes = token_scopes.get()
    covered = scopes is None or any(permission in SCOPES.get(scope, ()) for scope in scopes)
    return covered and actor.is_active and may(actor.role, permission)


def require(actor: User | None, permission: str) -> None:
    """Raise Forbidden, in words, unless `actor` may."""
    if allowed(actor, permission):
        return
    assert actor is not None
    what = PERMISSIONS[permission]
    if actor.may(permission):
        raise Forbidden(f"This token's scopes do not cover it: {what}. Issue one whose scopes do.")
    raise Forbidden(
        f"Your role is {actor.get_role_display().lower()}. {what}: {who_may(permission)} may. The try is on record."
    )


def action(name: str, *, permission: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Make a service of a function (see the module's docstring). `name` is the event's action."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def service(*args: P.args, **kwargs: P.kwargs) -> T:
            actor = kwargs["actor"]
            assert actor is None or isinstance(actor, User)
            try:
                require(actor, permission)
                refuse_too_long(kwargs)
                with transaction.atomic(), watching() as written:
                    answer = function(*args, **kwargs)
                    _exactly_one(name, written)
                    return answer
            except Refused as refusal:
                record_refusal(actor, name, refusal, kwargs)
                raise

        service.name, service.permission = name, permission  # type: ignore[attr-defined]
        ACTIONS[name] = service
        return service

    return decorate


def permit(service: Callable[..., Any], *, actor: User | None, **asked: Any) -> None:
    """Refuse, on record as `service` would, before the form or upload is read that it is asked with.

    `asked` are those of its arguments that are known already. Raises Forbidden.
    """
    try:
        require(actor, service.permission)  # type: ignore[attr-defined]
    except Forbidden as refusal:
        record_refusal(actor, service.name, refusal, asked)  # type: ignore[attr-defined]
        raise


def _exactly_one(name: str, written: list[int]) -> None:
    if len(written) != 1:
        raise RuntimeError(
            f"The service {name} wrote {len(written)} audit events instead of one. Nothing was changed."
        )


def record_refusal(actor: User | None, name: str, refusal: Refused, asked: dict[str, Any]) -> None:
    """Put a refused wish on record, in a transaction of its own."""
    place = _place(asked)
    with transaction.atomic():
        record(
            actor=actor,
            action=name,
            result=Result.REFUSED,
            summary=refusal.text,
            reason=str(asked.get("reason") or "")[:LONGEST_REASON],
            product=place.get("product", ""),
            environment=place.get("environment", ""),
            subject=place.get("subject", ""),
        )


def _place(asked: dict[str, Any]) -> dict[str, str]:
    """Product, environment and subject as far as the arguments tell them (objects offer `audit_place`)."""
    place: dict[str, str] = {}
    for value in asked.values():
        told = getattr(value, "audit_place", None)
        if isinstance(told, dict):
            place.update({k: v for k, v in told.items() if v or k not in place})
    if asked.get("version"):
        place["subject"] = f"{place.get('subject', '')} {asked['version']}".strip()
    return place
