"""API tokens: `tcc_` and 8 hex digits that name it, an underscore, and the secret, of which only a sha256 is kept."""

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now

from audit.origin import acting_from
from users.actions import token_scopes
from users.models import ApiToken

PREFIX = 12


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


def _digest(raw: str) -> str:
    return hashlib.sha256(raw.encode()).hexdigest()


def _note_use(token: ApiToken) -> None:
    # At most once a minute: a poll every second should not write a row every second.
    stale = Q(last_used_at=None) | Q(last_used_at__lt=Now() - timedelta(minutes=1))
    ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=Now())
