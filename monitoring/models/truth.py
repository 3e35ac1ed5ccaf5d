"""Whether the public address serves what the console believes."""

from django.db import models

from products.models import Environment
from runs.models import Run


class EdgeTruth(models.Model):
    """What was last seen of an environment: declared, in its bucket, at the edge, behind its API.

    `facts` are `[{place, value, agrees, note}]`, `findings` `[{code, text}]` as `monitoring.truth` words them; `changed_at`
    is when the findings last became others, `deployment` what was declared then.
    """

    environment = models.OneToOneField(
        Environment, on_delete=models.CASCADE, primary_key=True, related_name="truth"
    )
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    deployment = models.BigIntegerField(null=True)
    facts = models.JSONField(default=list)
    findings = models.JSONField(default=list)
    changed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "edge truths"

    def __str__(self) -> str:
        return f"truth of {self.environment_id}"
