"""Pruning: old assets that no release still needs are deleted from an environment's bucket."""

from django.urls import reverse

from audit.services import record
from products.models import Environment
from runs.models import Run
from runs.services import start
from users.actions import action
from users.models import User


@action("environment.prune", permission="run.steer")
def prune(*, actor: User | None, environment: Environment, reason: str) -> Run:
    """Start a Run that deletes what is due (`deployments.writing.prunable`). Raises Busy while another Run works there."""
    run = start(
        kind="prune",
        title=f"Prune {environment}",
        scopes=[f"environment:{environment.pk}", f"bucket:{environment.bucket}"],
        actor=actor,
        url=reverse("environment", args=[environment.product.slug, environment.name]),
    )
    record(
        actor=actor,
        action="environment.prune",
        product=environment.product.slug,
        environment=environment.name,
        subject=str(environment),
        summary=f"Pruning of {environment} started: assets that no kept release names are deleted.",
        reason=reason,
        run=run.pk,
    )
    return run
