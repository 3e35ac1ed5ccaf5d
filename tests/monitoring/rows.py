"""Rows of what is measured, as collectors leave them."""

from typing import Any

from django.utils import timezone

from monitoring.models import Alarm
from products.models import Environment
from tests.deployments.rows import estate


def ringing_alarm(environment: Environment | None = None, **other: Any) -> Alarm:
    """An alarm of an environment that rings since now."""
    place = environment or estate().environments.order_by("position").first()
    assert place is not None
    fields = {
        "name": "console-errors",
        "state": "ALARM",
        "watches": "5xxErrorRate above 1, in 3 of 5 periods of 60 s",
        "changed_at": timezone.now(),
        **other,
    }
    return Alarm.objects.create(
        account=place.frontend_account,
        region="us-east-1",
        arn=f"arn:aws:cloudwatch:us-east-1:{place.frontend_account.aws_id}:alarm:{fields['name']}",
        product=place.product,
        environment=place,
        seen_at=timezone.now(),
        **fields,
    )
