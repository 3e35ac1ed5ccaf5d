"""Durable, resumable work. The rows decide what is due; Celery only nudges."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class RunState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class Run(models.Model):
    """How far the work for a wish is.

    State machine; every arrow is one guarded UPDATE that must hit exactly one row:

        queued ──claim──▶ running ──last step done──▶ succeeded
                            │ ▲ └──cancel read between steps──▶ cancelled ◀── a person, from failed
                            │ └──retry by a person (takes the scopes again)──┐
                            └──a step failed for good, or its attempts ended──▶ failed

    While running, a worker holds the row by `lease_token` until `lease_until` (the database's clock);
    `wake_at` in the future is a waiting Run, `waiting_for` says why. Scopes are held while queued or running;
    `scope_names` remembers them for a retry.
    """

    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    url = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=RunState, default=RunState.QUEUED)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=200, blank=True)
    wake_at = models.DateTimeField(db_default=Now())
    nudged_at = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    scope_names = ArrayField(models.CharField(max_length=300), default=list)
    waiting_for = models.TextField(blank=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["wake_at"], name="run_due", condition=models.Q(state__in=["queued", "running"])
            ),
            models.Index(fields=["kind", "-id"], name="run_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: {self.title}"

    @property
    def is_active(self) -> bool:
        return self.state in (RunState.QUEUED, RunState.RUNNING)


class RunScope(models.Model):
    """A thing that one active Run at a time may work on, e.g. `bucket:tim-app-prod-…`. The primary key refuses a second."""

    scope = models.CharField(max_length=300, primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="scopes")

    def __str__(self) -> str:
        return self.scope


class StepState(models.TextChoices):
    PENDING = "pending", "Waiting for its turn"
    RUNNING = "running", "Running"
    WAITING = "waiting", "Waiting"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    SKIPPED = "skipped", "Skipped"


class RunStep(models.Model):
    """One step of a Run: its place, its counts (objects and bytes), its output, and the writes AWS answered.

    `attempts` are failures and deaths in a row, with the one under way; the limit is on them. `claims` counts every
    time a worker took the step and only grows. `request_ids` holds the first 20 and the last 80 of `writes`.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=StepState, default=StepState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    claims = models.PositiveIntegerField(default=0)
    output = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    note = models.CharField(max_length=300, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    bytes_done = models.BigIntegerField(default=0)
    bytes_total = models.BigIntegerField(null=True)
    request_ids = models.JSONField(default=list)
    calls = models.PositiveIntegerField(default=0)
    writes = models.PositiveIntegerField(default=0)
    throttles = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="step_place")]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.run_id}.{self.position} {self.name}"


class StepLine(models.Model):
    """A line of a step's log. The levels are info, warn, error, and call: what was asked of AWS, and its answer."""

    step = models.ForeignKey(RunStep, on_delete=models.CASCADE, related_name="lines")
    at = models.DateTimeField(db_default=Now())
    level = models.CharField(max_length=5)
    text = models.TextField()
    request_id = models.CharField(max_length=100, blank=True)

    class Meta:
        indexes = [models.Index(fields=["step", "id"], name="line_step")]

    def __str__(self) -> str:
        return self.text


class Counter(models.Model):
    """A sum that only grows, for `/metrics`: AWS calls and throttles, nudges that failed. `labels` is a JSON object."""

    name = models.CharField(max_length=80)
    labels = models.CharField(max_length=200, blank=True)
    value = models.FloatField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "labels"], name="counter_once")]

    def __str__(self) -> str:
        return f"{self.name}{{{self.labels}}} {self.value}"


class StepTime(models.Model):
    """How long a step of a kind of Run took: `recent` seconds for the usual time, and a histogram for `/metrics`."""

    kind = models.CharField(max_length=40)
    step = models.CharField(max_length=60)
    count = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0)
    buckets = ArrayField(models.BigIntegerField(), default=list)
    recent = ArrayField(models.FloatField(), default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "step"], name="step_time_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.step}"


class Worker(models.Model):
    """A Celery worker, the queues it serves (comma-separated), and when it last said that it is alive."""

    name = models.CharField(max_length=200, primary_key=True)
    queues = models.CharField(max_length=200)
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class Schedule(models.Model):
    """When something that is done again and again is due. `error` is why the last time failed."""

    name = models.CharField(max_length=60, primary_key=True)
    due_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name
