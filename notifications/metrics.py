"""What `/metrics` says about notifications, read from rows in two queries."""

from collections.abc import Iterator

from django.db.models import Count, Q
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from notifications.models import WAITING, Channel, Delivery, DeliveryState


class NotificationsCollector(Collector):
    """Register it with a prometheus_client registry."""

    def collect(self) -> Iterator[Metric]:
        """What waits for each channel, and how many there are in each state."""
        yield self._waiting()
        yield self._states()

    def describe(self) -> list[Metric]:
        """Nothing: a registration must not ask the database."""
        return []

    def _waiting(self) -> Metric:
        text = "Notifications that are not sent yet."
        family = GaugeMetricFamily("console_notifications_waiting", text, labels=["channel"])
        waiting = Count("deliveries", filter=Q(deliveries__state__in=WAITING))
        for name, many in Channel.objects.order_by("name").values_list("name").annotate(many=waiting):
            family.add_metric([name], many)
        return family

    def _states(self) -> Metric:
        text = "Notifications of the last 90 days by state."
        family = GaugeMetricFamily("console_notifications", text, labels=["state"])
        rows = Delivery.objects.order_by().values_list("state").annotate(many=Count("pk"))
        counts = dict(rows)
        for state in DeliveryState.values:
            family.add_metric([state], counts.get(state, 0))
        return family
