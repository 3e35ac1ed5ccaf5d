"""API tokens: `tcc_` and 8 hex digits that name it, an underscore, and the secret, of which only a sha256 is kept."""

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from audit.origin import acting_from
from audit.services import record
from users.actions import action, token_scopes
from users.models import ApiToken, User
from users.permissions import SCOPES
from users.refusals import Forbidden, Invalid, WrongState

PREFIX = 12
LONGEST = 365


@dataclass(frozen=True)
class Secret:
    """A new token's text, to be shown once, and what is kept of it."""

    raw: str
    prefix: str
    digest: str


def new_secret() -> Secret:
    prefix = f"tcc_{secrets.token_hex(4)}"
    raw = f"{prefix}_{secrets.token_urlsafe(32)}"
    return Secret(raw, prefix, _digest(raw))


@action("token.issue", permission="people.manage")
def issue(*, actor: User | None, user: User, name: str, scopes: list[str], days: int) -> tuple[ApiToken, str]:
    """A token that acts for `user` within `scopes` for 1 to 365 days, and its text, which nobody can see again."""
    errors = _faults(user, name, scopes, days)
    if errors:
        raise Invalid(" ".join(errors.values()), errors=errors)
    made = new_secret()
    token = ApiToken.objects.create(
        user=user,
        name=name.strip(),
        prefix=made.prefix,
        digest=made.digest,
        scopes=sorted(scopes),
        created_by=actor,
        expires_at=timezone.now() + timedelta(days=days),
    )
    record(
        actor=actor,
        action="token.issue",
        subject=token.audit_place["subject"],
        summary=f"Issued the token {token.name} for {user}",
        after={"scopes": token.scopes, "expires_at": token.expires_at.isoformat(), "prefix": token.prefix},
    )
    return token, made.raw


@action("token.revoke", permission="own.edit")
def revoke(*, actor: User | None, token: ApiToken, reason: str = "") -> ApiToken:
    """End a token at once: one's own, or as an admin anybody's."""
    if actor is not None and token.user_id != actor.pk and not actor.may("people.manage"):
        raise Forbidden("This token belongs to somebody else. An admin may revoke it. The try is on record.")
    if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=Now()):
        raise WrongState(f"The token {token} is revoked already. Nothing was changed.")
    token.refresh_from_db()
    record(
        actor=actor,
        action="token.revoke",
        subject=token.audit_place["subject"],
        summary=f"Revoked the token {token.name} of {token.user}",
        reason=reason,
    )
    return token


def seen_by(person: User) -> QuerySet[ApiToken]:
    """The tokens that `person` may see, newest first: their own, or as an admin all."""
    tokens = ApiToken.objects.select_related("user", "created_by").order_by("-id")
    return tokens if person.may("people.manage") else tokens.filter(user=person)


def authenticate(raw: str) -> ApiToken | None:
    """The token that `raw` is, with its person, if it may be used now; otherwise None, without saying why."""
    found = (
        ApiToken.objects.select_related("user")
        .filter(prefix=raw[:PREFIX], revoked_at=None, expires_at__gt=Now(), user__is_active=True)
        .first()
    )
    if found is None or not hmac.compare_digest(found.digest, _digest(raw)):
        return None
    _note_use(found)
    return found


@contextmanager
def acting_with(token: ApiToken, address: str | None) -> Iterator[None]:
    """Within the block its person acts through the API: `users.actions` heeds its scopes, events name it."""
    scopes = token_scopes.set(tuple(token.scopes))
    try:
        with acting_from("api", address, str(token)):
            yield
    finally:
        token_scopes.reset(scopes)


def _faults(user: User, name: str, scopes: list[str], days: int) -> dict[str, str]:
    errors = {}
    if not 1 <= len(name.strip()) <= 100:
        errors["name"] = "Give it a name of 1 to 100 characters that tells where it is used."
    if not scopes or not set(scopes) <= SCOPES.keys():
        errors["scopes"] = f"Choose at least one of {', '.join(SCOPES)}."
    if not 1 <= days <= LONGEST:
        errors["days"] = f"It may be valid for 1 to {LONGEST} days."
    if not user.is_active:
        errors["user"] = f"{user} is deactivated."
    return errors


def _digest(raw: str) -> str:
    return hashlib.sha256(raw.encode()).hexdigest()


def _note_use(token: ApiToken) -> None:
    # At most once a minute: a poll every second should not write a row every second.
    stale = Q(last_used_at=None) | Q(last_used_at__lt=Now() - timedelta(minutes=1))
    ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=Now())
