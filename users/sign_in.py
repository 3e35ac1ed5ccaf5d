"""Signing in and out. Each, and each failure, is on record with its address; django-axes locks out who fails often."""

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest

from audit.origin import address_of
from audit.services import record
from users.floods import record_refusal_once
from users.models import User

UNKNOWN = "unknown"


def sign_in(request: HttpRequest, *, username: str, password: str) -> User | None:
    """Open a session for the person, or None when name and password do not go together."""
    name = username.strip().lower()
    user = authenticate(request, username=name, password=password)
    if not isinstance(user, User):
        _record_failure(request, name)
        return None
    login(request, user)
    record(actor=user, action="session.sign_in", summary="Signed in")
    return user


def sign_out(request: HttpRequest) -> None:
    """End the session. Without one nothing happens."""
    if isinstance(request.user, User):
        record(actor=request.user, action="session.sign_out", summary="Signed out")
    logout(request)


def _record_failure(request: HttpRequest, name: str) -> None:
    # A name that nobody has is not written down: people type their password into the wrong field.
    known = User.objects.filter(username=name).first()
    locked = bool(getattr(request, "axes_locked_out", False))
    who = known.username if known else UNKNOWN
    record_refusal_once(
        f"sign-in {address_of(request)} {who} {locked}",
        action="session.lock_out" if locked else "session.sign_in",
        text="Locked out after too many failures" if locked else _why(known),
        actor=known,
        actor_name=who,
    )


def _why(known: User | None) -> str:
    if known is None:
        return "Tried to sign in with a user name that nobody has"
    return (
        "Tried to sign in with a wrong password"
        if known.is_active
        else "Tried to sign in, but is deactivated"
    )
