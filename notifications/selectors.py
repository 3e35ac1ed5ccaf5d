"""Reading channels, rules and deliveries. Each function makes a constant number of queries."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from notifications.models import WAITING, Channel, Delivery, DeliveryState, Rule
from users.refusals import Invalid, Missing

PAGE = 50


def channels() -> QuerySet[Channel]:
    """All by name, each with `waits`: something is not sent yet."""
    waiting = Delivery.objects.filter(channel=OuterRef("pk"), state__in=WAITING)
    return Channel.objects.annotate(waits=Exists(waiting))


def rules() -> QuerySet[Rule]:
    return Rule.objects.select_related("channel", "product")


def channel_by(name: str) -> Channel:
    """Raises Missing, which tells the channels there are."""
    found = Channel.objects.filter(name=name).first()
    if found is None:
        names = ", ".join(Channel.objects.values_list("name", flat=True)[:20])
        raise Missing(
            f"There is no channel called {name[:40]!r}. {f'There are: {names}.' if names else 'There are none yet.'}"
        )
    return found


def rule_by(pk: int) -> Rule:
    found = rules().filter(pk=pk).first()
    if found is None:
        raise Missing(f"There is no rule with the number {pk}. See the list of rules.")
    return found


def delivery_by(pk: int) -> Delivery:
    found = Delivery.objects.select_related("channel").filter(pk=pk).first()
    if found is None:
        raise Missing(
            f"There is no notification with the number {pk}. Those that were sent go after 90 days."
        )
    return found


@dataclass(frozen=True)
class Log:
    """A page of deliveries, newest first, and the id to go on before (None at the end)."""

    deliveries: list[Delivery]
    older: int | None


def deliveries(*, channel: str = "", state: str = "") -> QuerySet[Delivery]:
    """Newest first, of one channel and in one state where given. Raises Missing and Invalid."""
    found = Delivery.objects.select_related("channel").order_by("-pk")
    if channel:
        found = found.filter(channel=channel_by(channel))
    if state and state not in DeliveryState.values:
        raise Invalid(f"There is no state {state[:20]!r}. There are: {', '.join(DeliveryState.values)}.")
    return found.filter(state=state) if state else found


def log_page(*, channel: str = "", state: str = "", before: int | None = None, limit: int = PAGE) -> Log:
    """At most `limit` deliveries older than the one numbered `before`."""
    found = deliveries(channel=channel, state=state)
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found[: limit + 1])
    return Log(rows[:limit], rows[limit - 1].pk if len(rows) > limit else None)
