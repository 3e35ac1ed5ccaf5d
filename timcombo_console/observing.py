"""Looking at all fleets every few minutes, so that plans know what is there and a change by hand is found."""

import structlog
from django.db.models import QuerySet

from deployments.services.observe import look_at
from products.models import Environment
from runs.services import Busy

log = structlog.get_logger(__name__)


def one_per_fleet() -> QuerySet[Environment]:
    """For each fleet the first environment that calls it."""
    known = Environment.objects.filter(backend_account__isnull=False).exclude(function_prefix="")
    each = known.order_by("backend_account_id", "function_prefix", "pk")
    return each.distinct("backend_account_id", "function_prefix").select_related("product", "backend_account")


def look_everywhere() -> None:
    """Start one look per fleet; one that is under way goes on."""
    for environment in one_per_fleet():
        try:
            look_at(actor=None, environment=environment)
        except Busy as busy:
            log.info("look postponed", environment=str(environment), because=busy.text)
