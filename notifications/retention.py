"""Deliveries that ended go after 90 days, and the Runs that sent them after a week. The audit log keeps what was told of."""

from datetime import timedelta

from django.db.models.functions import Now

from notifications.models import WAITING, Delivery
from notifications.steps import DELIVER
from runs.models import Run, RunState

DELIVERIES_KEPT, RUNS_KEPT = timedelta(days=90), timedelta(days=7)
A_TIME = 2000


def forget_old() -> None:
    """Remove some of each, the oldest first."""
    deliveries = Delivery.objects.filter(created_at__lt=Now() - DELIVERIES_KEPT).exclude(state__in=WAITING)
    Delivery.objects.filter(
        pk__in=list(deliveries.order_by("pk").values_list("pk", flat=True)[:A_TIME])
    ).delete()
    ended = (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED)
    runs = Run.objects.filter(kind=DELIVER, state__in=ended, ended_at__lt=Now() - RUNS_KEPT)
    Run.objects.filter(pk__in=list(runs.order_by("pk").values_list("pk", flat=True)[:A_TIME])).delete()
