"""Whether an environment's way back is open, looked at before anybody needs it."""

from django.db import models

from deployments.models.wishes import EnvironmentState
from products.models import Environment
from runs.models import Run


class Readiness(models.Model):
    """What a rollback of an environment would miss, as last looked at.

    `ways` is `[{half, to, files, handlers}]`, as `deployments.selectors.ways_back` gives them; `files` and `handlers` say
    in words what of each half is missing. Null when nobody has looked. `seen_at`: when that look began. `asked_at`: when the last look was asked for; `run`: that look.
    `changed_at`: when `ways` last became others.
    """

    environment = models.OneToOneField(
        Environment, on_delete=models.CASCADE, primary_key=True, related_name="readiness"
    )
    ways = models.JSONField(null=True)
    seen_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField()
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name_plural = "readiness"

    def __str__(self) -> str:
        return f"way back of {self.environment_id}"

    @property
    def is_closed(self) -> bool:
        """Whether something is missing on one of the ways."""
        return any(way["files"] or way["handlers"] for way in self.ways or ())

    def is_fresh(self, state: EnvironmentState) -> bool:
        """Whether somebody looked since anything was deployed."""
        return self.seen_at is not None and (state.changed_at is None or self.seen_at >= state.changed_at)
