"""Channels, rules, and the outbox of what is told.

What is on record is what is told: `Cursor` is how far the sealed audit log was read, and each event that a rule matches
became one `Delivery` for the rule's channel in the transaction that moved the cursor.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse

from audit.models import Event
from notifications.addresses import problem_of
from products.models import Product

slug = RegexValidator(
    r"^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", "Small letters, digits and hyphens, beginning with a letter."
)
setting = RegexValidator(
    r"^[A-Z][A-Z0-9_]{0,39}$", "The end of the variable's name: capital letters, digits and underscores."
)


class ChannelKind(models.TextChoices):
    EMAIL = "email", "E-mail"
    CHAT = "chat", "Chat"
    WEBHOOK = "webhook", "Webhook"


NEEDS = {
    ChannelKind.EMAIL: {"addresses": "Whom the mail goes to: one address at least."},
    ChannelKind.CHAT: {"setting": "Which CONSOLE_CHAT_… holds the chat's address."},
    ChannelKind.WEBHOOK: {
        "url": "The https address that is sent to.",
        "setting": "Which CONSOLE_WEBHOOK_SECRET_… holds the secret that signs.",
    },
}
"""By kind: the fields that it has, and what they are for when one is missing."""


class Channel(models.Model):
    """Where news goes. No secret is here: `setting` is the end of the variable's name that holds it.

    `failures` counts tries that failed in a row; until `rests_until` nothing is tried because of them.
    """

    name = models.CharField(max_length=40, unique=True, validators=[slug])
    kind = models.CharField(max_length=10, choices=ChannelKind)
    addresses = ArrayField(models.EmailField(), default=list, blank=True, size=20)
    url = models.CharField(max_length=500, blank=True)
    setting = models.CharField(max_length=40, blank=True, validators=[setting])
    enabled = models.BooleanField(default=True)
    failures = models.PositiveIntegerField(default=0)
    rests_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_place(self) -> dict[str, str]:
        return {"subject": f"channel {self.name}"}

    @property
    def scope(self) -> str:
        """What a Run that sends to it holds."""
        return f"channel:{self.pk}"

    @property
    def page(self) -> str:
        return reverse("channel", args=[self.name])

    @property
    def variable(self) -> str:
        """The environment variable that holds its secret; "" for e-mail."""
        prefix = {ChannelKind.CHAT: "CONSOLE_CHAT_", ChannelKind.WEBHOOK: "CONSOLE_WEBHOOK_SECRET_"}
        return prefix[ChannelKind(self.kind)] + self.setting if self.kind in prefix else ""

    def clean(self) -> None:
        """A channel has the fields that its kind needs, and no others."""
        if self.kind not in ChannelKind.values:
            return  # The field itself says so.
        needs = NEEDS.get(ChannelKind(self.kind), {})
        errors = {name: text for name, text in needs.items() if not getattr(self, name)}
        for name in {"addresses", "url", "setting"} - needs.keys():
            if getattr(self, name):
                errors[name] = f"{ChannelKind(self.kind).label} does not use it. Leave it empty."
        if self.url and "url" in needs and (problem := problem_of(self.url, demo=settings.DEMO)):
            errors["url"] = problem
        if errors:
            raise ValidationError(errors)


class Rule(models.Model):
    """Which news a channel gets. No `kinds` are all of `notifications.kinds`; no product or environment is every one."""

    name = models.CharField(max_length=80, unique=True)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="rules")
    kinds = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    environment = models.CharField(max_length=60, blank=True)
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_place(self) -> dict[str, str]:
        place = {"subject": f"rule {self.name}"}
        return place | ({"product": self.product.slug} if self.product else {})


class DeliveryState(models.TextChoices):
    PENDING = "pending", "Waiting"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed, tried again"
    GIVEN_UP = "given_up", "Given up"


WAITING = (DeliveryState.PENDING, DeliveryState.FAILED)


class Delivery(models.Model):
    """One piece of news for one channel: what is sent, how often it was tried, and what came back.

    State machine:

        pending ──tried──▶ sent
          ▲  └──tried──▶ failed ──tried again──▶ sent
          │                └──a day after `wanted_at`──▶ given_up
          └───────────── a person has it sent again ─────────┘

    `payload` is the webhook's body. It is sent at least once: a worker that dies before it saves repeats it under the same id.
    """

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=200)
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    wanted_at = models.DateTimeField(db_default=Now())
    next_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    status_code = models.PositiveSmallIntegerField(null=True)
    error = models.TextField(blank=True)
    took_ms = models.PositiveIntegerField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["channel", "event"], name="delivery_once")]
        indexes = [
            models.Index(
                fields=["channel", "next_at"],
                name="delivery_due",
                condition=models.Q(state__in=["pending", "failed"]),
            ),
            models.Index(fields=["channel", "state", "-id"], name="delivery_of_channel"),
            models.Index(fields=["state", "-id"], name="delivery_state"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"notification {self.pk}"

    @property
    def audit_place(self) -> dict[str, str]:
        return {"subject": f"notification {self.pk} to {self.channel}"}

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING


class Cursor(models.Model):
    """How far the audit log was told: the position of the last seal that was read. One row."""

    ONE = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONE)
    position = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_cursor")]

    def __str__(self) -> str:
        return f"told up to {self.position}"
