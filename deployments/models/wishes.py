"""Wishes to run a release in an environment, and what runs where."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from deployments.models.releases import Artifact, Release
from products.models import ConfigRevision, Environment
from runs.models import Run, RunState


class DeploymentKind(models.TextChoices):
    PROMOTE = "promote", "Promotion"
    ROLLBACK = "rollback", "Rollback"


class Deployment(models.Model):
    """A wish: this release in that environment, because of this reason. A rollback is one of an older release.

    It carries the front end (`artifact`), the back end (`backend`) or both; a rollback may bring back the back end of
    another release than the pages. `returning`: its back end failed, and the
    handlers that it changed are put back; `partial`: some handlers have its code and some could not get it.

    How far it is, its Run says. `switched_at` is when entry points began to be written, `live_at` when the edge
    was seen to serve it; `rolled_away` when a later rollback left it, `back_end_left` when one left its back end;
    `replaced` the keys it wrote over. `actor` None is the console itself, which goes back from a release that fails.
    """

    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="deployments")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="deployments")
    artifact = models.ForeignKey(Artifact, on_delete=models.PROTECT, null=True, related_name="+")
    backend = models.ForeignKey(Artifact, on_delete=models.PROTECT, null=True, related_name="+")
    returning = models.BooleanField(default=False, db_default=False)
    partial = models.BooleanField(default=False, db_default=False)
    previous = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=10, choices=DeploymentKind)
    reason = models.TextField()
    override = models.TextField(blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    config = models.ForeignKey(ConfigRevision, on_delete=models.PROTECT, null=True, related_name="+")
    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="deployment")
    plan = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    switched_at = models.DateTimeField(null=True)
    live_at = models.DateTimeField(null=True)
    rolled_away = models.BooleanField(default=False)
    back_end_left = models.BooleanField(default=False, db_default=False)
    replaced = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(artifact__isnull=False) | Q(backend__isnull=False), name="deployment_carries"
            )
        ]
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
    def who(self) -> str:
        """Whose wish it was."""
        return str(self.actor) if self.actor else "the console"

    @property
    def front_end(self) -> Artifact:
        """The artifact of the front end, of a deployment that carries one."""
        assert self.artifact is not None
        return self.artifact

    @property
    def called(self) -> Release:
        """The release whose back end it carries, of a deployment that carries one."""
        assert self.backend is not None
        return self.backend.release

    @property
    def back_end_version(self) -> str:
        """The version whose back end it carries, "" for none."""
        return self.called.version if self.backend_id else ""

    @property
    def is_left(self) -> bool:
        """Whether a later rollback left it: its pages, or its back end when it carries nothing else."""
        return self.back_end_left if self.artifact_id is None else self.rolled_away

    @property
    def carried(self) -> tuple[bool, bool]:
        """Whether it carries the front end, and the back end."""
        return self.artifact_id is not None, self.backend_id is not None

    @property
    def in_words(self) -> str:
        """ "the promotion of 1.1.0 to Tim-Combo test" """
        if self.kind == DeploymentKind.ROLLBACK:
            other = self.back_end_version if self.back_end_version != self.release.version else ""
            back = f" with the back end {other}" if other else ""
            return f"the rollback of {self.environment} to {self.release.version}{back}"
        return f"the promotion of {self.release.version} to {self.environment}"

    @property
    def status(self) -> str:
        """The API's word for where it is: queued, running, live, failed, partial or cancelled."""
        if self.run.state == RunState.FAILED and self.partial:
            return "partial"
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
