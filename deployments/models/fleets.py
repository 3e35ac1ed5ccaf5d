"""Back ends: fleets of Lambda functions, the code that lies in buckets for them, and what a deployment does to each."""

from django.db import models
from django.db.models.functions import Now

from deployments.models.releases import Artifact
from deployments.models.wishes import Deployment
from products.models import Account
from runs.models import Run


class Mode(models.TextChoices):
    """What the API calls: the alias of each function, its newest code, both, or nobody has looked yet."""

    ALIAS = "alias", "Alias"
    LATEST = "latest", "$LATEST"
    MIXED = "mixed", "Both"
    UNKNOWN = "unknown", "Not known"


class Fleet(models.Model):
    """The Lambda functions of one account whose names begin with one prefix. Several environments may call one.

    What was last seen of it, for plans to read: `functions` by name without the prefix `{sha256, runtime, memory,
    architecture, keys, live, live_sha256}`, `bindings` the qualifier that the API calls by name, code storage in bytes.
    `running` is the deployment whose code the API calls; `found` what it called before the first one.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="fleets")
    prefix = models.CharField(max_length=60)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.UNKNOWN)
    functions = models.JSONField(null=True)
    bindings = models.JSONField(default=dict)
    code_used = models.BigIntegerField(null=True)
    code_limit = models.BigIntegerField(null=True)
    observed_at = models.DateTimeField(null=True)
    running = models.ForeignKey(Deployment, on_delete=models.PROTECT, null=True, related_name="+")
    found = models.ForeignKey(Artifact, on_delete=models.PROTECT, null=True, related_name="+")
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "prefix"], name="fleet_once")]

    def __str__(self) -> str:
        return f"{self.prefix}* in {self.account}"

    @property
    def scope(self) -> str:
        """What a Run that changes the fleet holds."""
        return f"fleet:{self.account.aws_id}/{self.account.region}/{self.prefix}"


class CodeCopy(models.Model):
    """One stop on the way of a handler's zip: a pinned version of an object that holds these bytes (sha256 in hex)."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    bucket = models.CharField(max_length=63)
    key = models.CharField(max_length=1024)
    version_id = models.CharField(max_length=1024)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    copied_from = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bucket", "sha256"], name="code_once_per_bucket")]

    def __str__(self) -> str:
        return f"{self.bucket}/{self.key}"


class KnownFunction(models.Model):
    """How the console last left a function, and the version its alias named: what is seen otherwise was edited by hand."""

    fleet = models.ForeignKey(Fleet, on_delete=models.CASCADE, related_name="known")
    name = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    runtime = models.CharField(max_length=40, blank=True)
    memory = models.PositiveIntegerField(default=0)
    architecture = models.CharField(max_length=10, blank=True)
    keys = models.JSONField(default=list)
    version = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fleet", "name"], name="known_once")]

    def __str__(self) -> str:
        return f"{self.fleet.prefix}{self.name}"


class HandlerVersion(models.Model):
    """A published version of a function, with the code and the configuration that it froze."""

    fleet = models.ForeignKey(Fleet, on_delete=models.CASCADE, related_name="versions")
    name = models.CharField(max_length=64)
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    runtime = models.CharField(max_length=40, blank=True)
    memory = models.PositiveIntegerField(default=0)
    keys = models.JSONField(default=list)
    gone = models.BooleanField(default=False)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fleet", "name", "number"], name="version_number_once")
        ]
        indexes = [models.Index(fields=["fleet", "sha256"], name="version_code")]

    def __str__(self) -> str:
        return f"{self.fleet.prefix}{self.name}:{self.number}"


class HandlerState(models.TextChoices):
    """How far one handler is. Ready: its new code is published and checked, or waits in `$LATEST` to be switched to."""

    PENDING = "pending", "Waiting"
    UPDATING = "updating", "Updating"
    READY = "ready", "Prepared"
    DONE = "done", "Live"
    FAILED = "failed", "Failed"
    RETURNED = "returned", "Put back"
    SKIPPED = "skipped", "Left out"


class HandlerChange(models.Model):
    """What a deployment does to one handler: how it was found (`before`: sha256, revision, live, live_sha256), the code
    it shall have, the version published for it, and how far that is. `error` says why it failed, `note` why a person
    left it out."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="handlers")
    name = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    architecture = models.CharField(max_length=10)
    before = models.JSONField(null=True)
    wave = models.PositiveSmallIntegerField(default=0)
    version = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=10, choices=HandlerState, default=HandlerState.PENDING)
    error = models.TextField(blank=True)
    note = models.TextField(blank=True)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["deployment", "name"], name="handler_once")]
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} in deployment {self.deployment_id}"
