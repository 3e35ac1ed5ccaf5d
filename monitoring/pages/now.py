"""The last hour of one environment, in a few numbers."""

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from monitoring.joining import floor, joined
from monitoring.kinds import DISTRIBUTION, FIVE_MINUTES
from monitoring.pages.age import age_of
from monitoring.pages.dashboard import named
from monitoring.selectors.alarms import ringing
from monitoring.selectors.samples import samples_of
from monitoring.sources import sources_of
from products.models import Environment

HOUR = timedelta(hours=1)


def numbers_now(environment: Environment) -> dict[str, Any] | None:
    """None where nothing is measured yet. Three queries."""
    source = sources_of([environment])[environment.pk].get(DISTRIBUTION.name)
    if source is None:
        return None
    end = floor(timezone.now(), FIVE_MINUTES)
    samples = samples_of([source], FIVE_MINUTES, end - HOUR, end).get(source.pk, {})
    return {
        "url": f"{reverse('monitoring', args=[environment.product.slug])}?env={environment.name}",
        "values": named(joined(DISTRIBUTION, samples.values())),
        "extra": source.extra is not False,
        "age": age_of([source]),
        "ringing": ringing().get(environment.pk, 0),
    }
