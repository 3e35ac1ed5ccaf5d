"""Reading what was last seen at the edge of an environment."""

from deployments.models import Deployment
from monitoring.models import EdgeTruth
from products.models import Environment


def fresh_truth(environment: Environment, running: Deployment | None) -> EdgeTruth | None:
    """What was seen since the running deployment began to run, None otherwise."""
    row = EdgeTruth.objects.filter(environment=environment, seen_at__isnull=False).first()
    return row if row and row.deployment == (running.pk if running else None) else None
