"""Releases, and what each holds."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now

from products.models import Product
from runs.models import Run

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
    """An immutable version of a product. `reasons` says why it was rejected: `[{path, text}]`.

    Nobody registered one that was `found`: it is what functions held before the console's first deployment to them.
    """

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
    found = models.BooleanField(default=False, db_default=False)

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
