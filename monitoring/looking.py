"""When environments are looked at: every few minutes, and when somebody asks."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse

from monitoring.models import EdgeTruth
from products.models import Environment
from runs.models import Run
from runs.services import Busy, start
from users.models import User

A_TIME = 50
"""So many looks are begun by one call, which must be quick; the next one goes on."""

log = structlog.get_logger(__name__)


def look_everywhere() -> None:
    """Start a look at each environment that is due, the one that waited longest first."""
    before = Now() - timedelta(seconds=settings.CONSOLE_TRUTH_SECONDS)
    due = Q(truth=None) | Q(truth__asked_at=None) | Q(truth__asked_at__lt=before)
    rows = Environment.objects.filter(due, state__running__isnull=False, state__active=None)
    for environment in rows.select_related("product").order_by(F("truth__asked_at").asc(nulls_first=True))[
        :A_TIME
    ]:
        try:
            look_at(actor=None, environment=environment)
        except Busy as busy:
            log.info("look postponed", environment=str(environment), because=busy.text)


def look_at(*, actor: User | None, environment: Environment) -> Run:
    """Start a look at one. Raises Busy while one is under way."""
    with transaction.atomic():
        run = start(
            kind="truth",
            title=f"Look at what {environment} serves",
            scopes=[f"truth:{environment.pk}"],
            actor=actor,
            url=reverse("environment", args=[environment.product.slug, environment.name]),
        )
        EdgeTruth.objects.update_or_create(environment=environment, defaults={"run": run, "asked_at": Now()})
    return run
