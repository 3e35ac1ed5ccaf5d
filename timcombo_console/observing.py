"""Looking at all fleets every few minutes, so that plans know what is there and a change by hand is found."""

import structlog

from deployments.services.observe import look_at
from products.models import Environment
from runs.services import Busy

log = structlog.get_logger(__name__)


def look_everywhere() -> None:
    """Start one look per fleet; one that is under way goes on."""
    known = Environment.objects.filter(backend_account__isnull=False).exclude(function_prefix="")
    each = known.order_by("backend_account_id", "function_prefix", "pk").distinct(
        "backend_account_id", "function_prefix"
    )
    for environment in each.select_related("product", "backend_account"):
        try:
            look_at(actor=None, environment=environment)
        except Busy as busy:
            log.info("look postponed", environment=str(environment), because=busy.text)
