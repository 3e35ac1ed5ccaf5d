"""The audit log: events nobody can change, sealed into a hash chain.

An event is inserted in the transaction of the action it tells of, without a lock. A sealer appends one
`Seal` per committed event within seconds; `Unsealed` is its work list, filled by a trigger on insert.
Triggers in the first migration refuse UPDATE, DELETE and TRUNCATE of events and seals.
"""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Result(models.TextChoices):
    OK = "ok", "Done"
    REFUSED = "refused", "Refused"
    FAILED = "failed", "Failed"


class Event(models.Model):
    """One line: who did what to which thing, before, after, why, from where, and what AWS was asked for it."""

    at = models.DateTimeField(db_default=Now(), editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    actor_name = models.CharField(max_length=150)
    action = models.CharField(max_length=60)
    result = models.CharField(max_length=10, choices=Result)
    product = models.CharField(max_length=60, blank=True)
    environment = models.CharField(max_length=60, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    subject_url = models.CharField(max_length=300, blank=True)
    summary = models.CharField(max_length=500, blank=True)
    reason = models.TextField(blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    run = models.BigIntegerField(null=True)
    request_ids = models.JSONField(default=list)
    address = models.GenericIPAddressField(null=True)
    channel = models.CharField(max_length=20)
    token = models.CharField(max_length=120, blank=True)

    class Meta:
        # Lists run from the newest back, so every index ends in (at, id). `audit.search` says which one serves what.
        indexes = [
            models.Index(fields=["at", "id"], name="audit_at"),
            models.Index(fields=["actor_name", "at", "id"], name="audit_actor_name"),
            models.Index(fields=["action", "at", "id"], name="audit_action"),
            models.Index(fields=["product", "at", "id"], name="audit_product"),
            models.Index(fields=["environment", "at", "id"], name="audit_environment"),
            models.Index(
                fields=["result", "at", "id"], name="audit_result", condition=~models.Q(result="ok")
            ),
            models.Index(fields=["run", "at", "id"], name="audit_run", condition=models.Q(run__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject} by {self.actor_name}"


class Seal(models.Model):
    """The place of one event in the hash chain: sha256 over the previous hash and the event's canonical JSON."""

    position = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="seal")
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.position}: {self.hash[:12]}"


class Unsealed(models.Model):
    """An event that waits for its seal. Filled by a trigger, emptied by the sealer."""

    event = models.OneToOneField(Event, on_delete=models.PROTECT, primary_key=True, related_name="+")
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"event {self.pk}"


class Verification(models.Model):
    """One walk over the whole chain, from its first seal. A long one goes on in slices, from `position`.

    `broken` names the first row that does not hold: `{position, event, what}`. A walk that ended well is an anchor:
    the next one demands that the chain still passes through its `position` and `hash`.
    """

    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    position = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)
    broken = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(ended_at=None), name="one_verification_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"verification to {self.position}"
