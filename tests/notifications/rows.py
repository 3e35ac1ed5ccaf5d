"""Channels, rules and news that tests of notifications start from."""

from datetime import timedelta
from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from audit.models import Event
from audit.sealer import seal
from audit.services import record
from notifications.models import WAITING, Channel, Delivery, Rule
from notifications.starting import start_due
from notifications.telling import tell
from runs.models import Run
from tests.runs.rows import carry_out

SECRET = "a secret of the tests"
SETTING = "TEAM"


def webhook(url: str, name: str = "hook", **values: Any) -> Channel:
    return Channel.objects.create(name=name, kind="webhook", url=url, setting=SETTING, **values)


def email(*addresses: str, name: str = "mail") -> Channel:
    return Channel.objects.create(name=name, kind="email", addresses=list(addresses))


def chat(name: str = "room") -> Channel:
    return Channel.objects.create(name=name, kind="chat", setting=SETTING)


def rule(channel: Channel, *kinds: str, **values: Any) -> Rule:
    return Rule.objects.create(
        name=f"{channel} {len(Rule.objects.all())}", channel=channel, kinds=list(kinds), **values
    )


def happen(action: str = "release.checked", **values: Any) -> Event:
    """Something is on record, and sealed."""
    given = {"product": "tim-combo", "subject": "Tim-Combo 1.1.0", "summary": "It is ready."} | values
    event = record(actor=None, action=action, **given)
    seal()
    return event


def told(*channels: Channel, times: int = 1) -> list[Delivery]:
    """News that waits for each of the channels, in the order in which it happened."""
    for channel in channels:
        rule(channel)
    tell()
    for _ in range(times):
        happen()
    tell()
    return list(Delivery.objects.order_by("pk"))


def deliver() -> list[Run]:
    """Have all that is due sent, as the schedule and a worker do."""
    before = set(Run.objects.values_list("pk", flat=True))
    start_due()
    return [carry_out(run) for run in Run.objects.exclude(pk__in=before).order_by("pk")]


def pass_time(**by: float) -> None:
    """Let time pass for all that waits, and for channels that rest: `pass_time(hours=25)`."""
    gone = timedelta(**by)
    Delivery.objects.filter(state__in=WAITING).update(
        next_at=F("next_at") - gone, wanted_at=F("wanted_at") - gone, created_at=F("created_at") - gone
    )
    Channel.objects.update(rests_until=F("rests_until") - gone)


def resting(channel: Channel) -> bool:
    return Channel.objects.filter(pk=channel.pk, rests_until__gt=Now()).exists()
