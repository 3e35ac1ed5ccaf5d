"""How environments fare after a deployment."""

from django.db import models
from django.db.models.functions import Now

from deployments.models import Deployment
from products.models import Environment


class Verdict(models.TextChoices):
    """What was found in the time after a deployment. Watching: not decided yet."""

    WATCHING = "watching", "Being watched"
    HEALTHY = "healthy", "Healthy"
    DEGRADED = "degraded", "Degraded"
    UNKNOWN = "unknown", "Not known"


class Watch(models.Model):
    """The time after a deployment, compared with the hour before.

    `figures` are those of `monitoring.health.Figure` as it judged last; `text` says why the
    verdict is what it is. `rollback` is the deployment by which the console went back by itself; `held` says why it did not.
    """

    deployment = models.OneToOneField(
        Deployment, on_delete=models.CASCADE, primary_key=True, related_name="watch"
    )
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="+")
    began_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    verdict = models.CharField(max_length=10, choices=Verdict, default=Verdict.WATCHING)
    text = models.TextField(blank=True)
    figures = models.JSONField(default=list)
    judged_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    rollback = models.ForeignKey(Deployment, on_delete=models.SET_NULL, null=True, related_name="+")
    held = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "watches"
        indexes = [
            models.Index(fields=["environment", "-began_at"], name="watch_newest"),
            models.Index(fields=["verdict"], name="watch_verdict"),
            models.Index(fields=["ends_at"], name="watch_open", condition=models.Q(verdict="watching")),
        ]

    def __str__(self) -> str:
        return f"watch over deployment {self.deployment_id}"
