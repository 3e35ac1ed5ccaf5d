"""People, their one role, and the API tokens that act for them."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models.functions import Now

from users.permissions import Role, may


class User(AbstractUser):
    """A person. People are deactivated, never deleted, so that the audit log keeps naming them."""

    role = models.CharField(max_length=20, choices=Role, default=Role.VIEWER)
    display_name = models.CharField(max_length=100, blank=True)
    theme = models.CharField(
        max_length=5,
        choices=[("auto", "As the system"), ("light", "Light"), ("dark", "Dark")],
        default="auto",
    )
    shortcuts = models.BooleanField(default=True)

    objects: ClassVar[UserManager["User"]] = UserManager()

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.display_name or self.username

    def may(self, permission: str) -> bool:
        """Whether this person's role holds `permission` (see `users.permissions`)."""
        return self.is_active and may(self.role, permission)

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)


class ApiToken(models.Model):
    """A key to `/api/v1` that acts for a person, within `scopes`. Only its sha256 is kept; `prefix` names it."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
