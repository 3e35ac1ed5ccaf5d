"""Looking at what environments stand on every few minutes: plans know what is there, a change by hand is found, and a
way back that is no longer open is seen before anybody needs it."""

from datetime import timedelta

import structlog
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from deployments.models import EnvironmentState
from deployments.services.observe import look_at, look_back
from products.models import Environment
from runs.services import Busy

WAYS_BACK_EVERY = timedelta(minutes=15)
"""A change by hand in the archive or among versions is found within it; after a deployment it is looked at once."""

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


def look_back_everywhere() -> None:
    """Start a look at each way back that is due; one that is under way goes on."""
    for environment in ways_back_due():
        try:
            look_back(actor=None, environment=environment)
        except Busy as busy:
            log.info("look postponed", environment=str(environment), because=busy.text)


def ways_back_due() -> QuerySet[Environment]:
    """Environments where something was deployed whose way back was not looked at lately, or not since anything changed
    there or in their functions, which others may call, too."""
    row = "readiness__asked_at"
    due = Q(**{f"{row}__isnull": True}) | Q(**{f"{row}__lt": Now() - WAYS_BACK_EVERY})
    since = Q(**{f"{row}__lt": F("state__changed_at")}) | Exists(_changed_beside(row))
    deployed = Environment.objects.filter(state__changed_at__isnull=False, state__active__isnull=True)
    return deployed.filter(due | since).select_related("product").order_by("pk")


def _changed_beside(asked_at: str) -> QuerySet[EnvironmentState]:
    """What changed since in an environment that calls the same functions."""
    same = {
        "environment__backend_account": OuterRef("backend_account"),
        "environment__function_prefix": OuterRef("function_prefix"),
    }
    beside = EnvironmentState.objects.filter(**same, changed_at__gt=OuterRef(asked_at), active__isnull=True)
    return beside.exclude(environment__function_prefix="")
