"""Deliveries that ended go after 90 days. The audit log keeps what was told of."""

from datetime import timedelta

from django.db.models.functions import Now

from notifications.models import WAITING, Delivery

DELIVERIES_KEPT = timedelta(days=90)
A_TIME = 2000


def forget_old() -> None:
    """Remove some, the oldest first."""
    deliveries = Delivery.objects.filter(created_at__lt=Now() - DELIVERIES_KEPT).exclude(state__in=WAITING)
    Delivery.objects.filter(
        pk__in=list(deliveries.order_by("pk").values_list("pk", flat=True)[:A_TIME])
    ).delete()
