"""People, their one role, the API tokens that act for them, and what the API remembers of its replies."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import salted_hmac

from users.permissions import Role, may

THEMES = [("auto", "As the system"), ("light", "Light"), ("dark", "Dark")]


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """A saved person; without a password nobody can sign in as them."""
        user = self.model(username=username.lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person; user names are lower case. People are deactivated, never deleted, so that the audit log keeps naming them.

    `session_epoch` is part of what a session must match: raising it signs the person out everywhere.
    An initial password was chosen by an admin; pages open only after the person has chosen another.
    """

    username = models.CharField(
        max_length=100,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": "Somebody has this user name already. Choose another one."},
    )
    display_name = models.CharField(max_length=100, blank=True)
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=20, choices=Role, default=Role.VIEWER)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(db_default=Now(), editable=False)
    session_epoch = models.PositiveIntegerField(default=0, editable=False)
    password_is_initial = models.BooleanField(default=False, editable=False)
    theme = models.CharField(max_length=5, choices=THEMES, default="auto")
    shortcuts = models.BooleanField(default=True)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.display_name or self.username

    def may(self, permission: str) -> bool:
        """Whether this person's role holds `permission` (see `users.permissions`)."""
        return self.is_active and may(self.role, permission)

    @property
    def audit_place(self) -> dict[str, str]:
        return {"subject": self.username}

    @property
    def is_staff(self) -> bool:
        """What Django's admin site asks: it is for admins only."""
        return self.may("people.manage")

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Django's own permissions are not used: the role decides."""
        return self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        value = f"{self.password}:{self.session_epoch}"
        return salted_hmac("users.models.User.session", value, secret=secret, algorithm="sha256").hexdigest()


class ApiToken(models.Model):
    """A key to `/api/v1` that acts for a person, within `scopes`. Only its sha256 is kept; `prefix` names it."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()

    @property
    def audit_place(self) -> dict[str, str]:
        return {"subject": f"{self.user.username}: {self}"}


class ApiReply(models.Model):
    """What a POST with an `Idempotency-Key` was answered; the same key and body get it again for 24 hours."""

    token = models.ForeignKey(ApiToken, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=200)
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="one_reply_per_key")]
        indexes = [models.Index(fields=["created_at"], name="reply_age")]

    def __str__(self) -> str:
        return f"{self.key}: {self.status}"


class Flood(models.Model):
    """Refusals of one kind from one place: one is recorded per interval, the others only counted here."""

    key = models.CharField(max_length=200, primary_key=True)
    until = models.DateTimeField()
    unrecorded = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["until"], name="flood_age")]

    def __str__(self) -> str:
        return f"{self.key}: {self.unrecorded} not recorded"
