"""Releases, what each holds, and the wishes to run one in an environment."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from products.models import ConfigRevision, Environment, Product
from runs.models import Run, RunState

version = RegexValidator(
    r"^[0-9A-Za-z][0-9A-Za-z.+_-]{0,59}\Z",
    "A version has up to 60 letters, digits and . + _ -, and begins with a letter or digit.",
)
target = RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*\Z", "A target is an environment's name, any or backend.")


class ReleaseStatus(models.TextChoices):
    INGESTING = "ingesting", "Being checked"
    READY = "ready", "Ready"
    REJECTED = "rejected", "Rejected"


class Release(models.Model):
    """An immutable version of a product. `reasons` says why it was rejected: `[{path, text}]`."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="releases")
    version = models.CharField(max_length=60, validators=[version])
    commit = models.CharField(max_length=64, blank=True)
    notes = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=ReleaseStatus, default=ReleaseStatus.INGESTING)
    reasons = models.JSONField(default=list)
    bad = models.BooleanField(default=False)
    bad_reason = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    run = models.OneToOneField(Run, on_delete=models.PROTECT, null=True, related_name="release")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "version"], name="version_once")]
        indexes = [models.Index(fields=["product", "-id"], name="release_newest")]

    def __str__(self) -> str:
        return f"{self.product} {self.version}"

    @property
    def audit_place(self) -> dict[str, str]:
        return {"product": self.product.slug, "subject": str(self)}


class Artifact(models.Model):
    """What a release holds for one target (an environment's name, `any`, `backend`).

    `sha256` is of the uploaded zip. It comes from the spool (`spool_name`) or from the artifact bucket
    (`incoming_key`); once ingested it lies in the archive under `prefix`.
    """

    ANY = "any"
    BACKEND = "backend"

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="artifacts")
    target = models.CharField(max_length=30, validators=[target])
    sha256 = models.CharField(max_length=64)
    packed_bytes = models.BigIntegerField(default=0)
    spool_name = models.CharField(max_length=100, blank=True)
    incoming_key = models.CharField(max_length=1024, blank=True)
    files = models.PositiveIntegerField(null=True)
    bytes = models.BigIntegerField(null=True)
    manifest_digest = models.CharField(max_length=64, blank=True)
    placeholder_config = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "target"], name="target_once")]
        ordering = ["target"]

    def __str__(self) -> str:
        return f"{self.release} for {self.target}"

    @property
    def prefix(self) -> str:
        return f"releases/{self.release.product.slug}/{self.release_id}/{self.target}/"


class StoredManifest(models.Model):
    """The manifest of an artifact as `deployments.manifest.Manifest.to_bytes` wrote it."""

    artifact = models.OneToOneField(
        Artifact, on_delete=models.CASCADE, primary_key=True, related_name="stored"
    )
    body = models.BinaryField()

    def __str__(self) -> str:
        return f"manifest of {self.artifact_id}"


class DeploymentKind(models.TextChoices):
    PROMOTE = "promote", "Promotion"
    ROLLBACK = "rollback", "Rollback"


class Deployment(models.Model):
    """A wish: this release in that environment, because of this reason. A rollback is one of an older release.

    How far it is, its Run says. `switched_at` is when entry points began to be written, `live_at` when the edge
    was seen to serve it; `rolled_away` when a later rollback left it; `replaced` the keys it wrote over.
    """

    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="deployments")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="deployments")
    artifact = models.ForeignKey(Artifact, on_delete=models.PROTECT, related_name="+")
    previous = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=10, choices=DeploymentKind)
    reason = models.TextField()
    override = models.TextField(blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    config = models.ForeignKey(ConfigRevision, on_delete=models.PROTECT, null=True, related_name="+")
    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="deployment")
    plan = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    switched_at = models.DateTimeField(null=True)
    live_at = models.DateTimeField(null=True)
    rolled_away = models.BooleanField(default=False)
    replaced = models.JSONField(default=list)

    class Meta:
        indexes = [
            models.Index(fields=["environment", "-id"], name="deployment_newest"),
            models.Index(
                fields=["environment", "-live_at"], name="deployment_live", condition=Q(live_at__isnull=False)
            ),
            models.Index(F("release"), F("environment"), name="deployment_release"),
        ]

    def __str__(self) -> str:
        return f"{self.release.version} to {self.environment}"

    @property
    def audit_place(self) -> dict[str, str]:
        return {**self.environment.audit_place, "subject": str(self)}

    @property
    def in_words(self) -> str:
        """ "the promotion of 1.1.0 to Tim-Combo test" """
        if self.kind == DeploymentKind.ROLLBACK:
            return f"the rollback of {self.environment} to {self.release.version}"
        return f"the promotion of {self.release.version} to {self.environment}"

    @property
    def status(self) -> str:
        """The API's word for where it is: queued, running, live, failed or cancelled."""
        return "live" if self.run.state == RunState.SUCCEEDED else str(self.run.state)


class EnvironmentState(models.Model):
    """What runs where, as pointers: no page searches for it.

    `running`: the deployment whose entry points visitors get, set when `switch` begins, and set back when S3 refused
    before anything was written. `live`: the last one the edge was seen to serve. `active`: the one under way.
    `failed`: the newest, when it failed and nothing came after. `observation`: facts last seen in AWS (see
    `deployments.steps.check`), with their age. `changed_at`: when a pointer moved.
    """

    environment = models.OneToOneField(
        Environment, on_delete=models.PROTECT, primary_key=True, related_name="state"
    )
    running = models.ForeignKey(Deployment, on_delete=models.PROTECT, null=True, related_name="+")
    live = models.ForeignKey(Deployment, on_delete=models.PROTECT, null=True, related_name="+")
    active = models.ForeignKey(Deployment, on_delete=models.PROTECT, null=True, related_name="+")
    failed = models.ForeignKey(Deployment, on_delete=models.PROTECT, null=True, related_name="+")
    observation = models.JSONField(null=True)
    observed_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"state of {self.environment_id}"


class Delivered(models.Model):
    """What we last wrote to a key of an environment's bucket. Equal ETag in a listing means the object is still ours."""

    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=1024)
    etag = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=100)
    cache_control = models.CharField(max_length=100)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["environment", "key"], name="delivered_once")]

    def __str__(self) -> str:
        return self.key
