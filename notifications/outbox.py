"""The outbox: what is due, and what became of a try. Times are the database's clock."""

import random
from datetime import timedelta

from django.db.models import Case, F, QuerySet, When
from django.db.models.functions import Now

from audit.models import Result
from audit.services import record
from notifications.kinds import TEST
from notifications.models import WAITING, Channel, Delivery, DeliveryState
from notifications.patience import FAILURES_IN_A_ROW, PATIENCE, wait_after
from runs.models import Run

NEVER_TRIED = "The channel took nothing for a day, so this was not tried."
GIVEN_UP = "channel.gave_up"


def due() -> QuerySet[Delivery]:
    """What may be tried now, of channels that are on and do not rest."""
    waiting = Delivery.objects.filter(state__in=WAITING, next_at__lte=Now(), channel__enabled=True)
    return waiting.exclude(channel__rests_until__gt=Now())


def next_due(channel: Channel) -> Delivery | None:
    """What is tried next: a test, because somebody waits for it, then what is due the longest."""
    tests_first = Case(When(kind=TEST, then=0), default=1)
    found = due().filter(channel=channel).select_related("channel")
    return found.order_by(tests_first, "next_at", "pk").first()


def save_sent(delivery: Delivery, status: int | None, but: str, took_ms: int) -> None:
    """It arrived, and the channel is well; `but` says for whom it was not taken."""
    Channel.objects.filter(pk=delivery.channel_id).update(failures=0, rests_until=None)
    Delivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.SENT,
        attempts=F("attempts") + 1,
        sent_at=Now(),
        status_code=status,
        error=but,
        took_ms=took_ms,
    )


def save_failed(delivery: Delivery, error: str, status: int | None, took_ms: int, run: Run) -> None:
    """It is tried again later; a channel that failed some times in a row rests; what is too old is given up."""
    channel = Channel.objects.select_for_update().get(pk=delivery.channel_id)
    channel.failures += 1
    if channel.failures >= FAILURES_IN_A_ROW:
        channel.rests_until = Now() + _wait(channel.failures - FAILURES_IN_A_ROW + 1)
    channel.save(update_fields=["failures", "rests_until"])
    attempts = delivery.attempts + 1
    Delivery.objects.filter(pk=delivery.pk, state__in=WAITING).update(
        state=DeliveryState.FAILED,
        attempts=attempts,
        next_at=Now() + _wait(attempts),
        status_code=status,
        error=error,
        took_ms=took_ms,
    )
    _give_up_old(channel, error, run)


def _wait(failures: int) -> timedelta:
    return timedelta(seconds=wait_after(failures, random.random()))  # noqa: S311 - spreads tries, hides nothing


def _give_up_old(channel: Channel, error: str, run: Run) -> None:
    old = channel.deliveries.filter(state__in=WAITING, wanted_at__lte=Now() - PATIENCE)
    old.filter(error="").update(error=NEVER_TRIED)
    count = old.update(state=DeliveryState.GIVEN_UP)
    if not count:
        return
    what = "1 notification" if count == 1 else f"{count} notifications"
    record(
        actor=None,
        action=GIVEN_UP,
        result=Result.FAILED,
        subject=channel.audit_place["subject"],
        subject_url=channel.page,
        summary=f"Gave up {what} to channel {channel.name} after a day. The last try said: {error}",
        after={"channel": channel.name, "given_up": count},
        run=run.pk,
    )
