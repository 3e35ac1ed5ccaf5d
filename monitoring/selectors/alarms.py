"""Reading alarms and their silences."""

from datetime import datetime

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Now
from django.utils import timezone

from monitoring.models import Alarm, AlarmChange, Silence
from users.models import User
from users.refusals import Missing

RANKS = {"ALARM": 0, "INSUFFICIENT_DATA": 1, "OK": 2}


def silences_now() -> QuerySet[Silence]:
    """Those that hold now."""
    return Silence.objects.filter(until__gt=Now(), ended_at=None)


def alarms() -> QuerySet[Alarm]:
    """Alarms that AWS has, ringing ones first, each with whether it is `silenced`."""
    rank = Case(
        *(When(state=state, then=Value(rank)) for state, rank in RANKS.items()),
        default=Value(3),
        output_field=IntegerField(),
    )
    silenced = Exists(silences_now().filter(alarm=OuterRef("pk")))
    rows = Alarm.objects.filter(gone_at=None).select_related("account", "product", "environment__product")
    return rows.annotate(rank=rank, silenced=silenced).order_by(
        "rank", "product__name", "environment__position", "name"
    )


def ringing_alarms() -> QuerySet[Alarm]:
    """Those that ring and nobody silenced."""
    return Alarm.objects.filter(gone_at=None, state="ALARM").exclude(silences__in=silences_now())


def ringing() -> dict[int | None, int]:
    """By environment, how many alarms ring that nobody silenced. One query."""
    return dict(ringing_alarms().order_by().values_list("environment").annotate(Count("pk")))


def alarm_for(user: User, pk: int) -> Alarm:
    """The alarm, gone ones too, or Missing in words."""
    rows = Alarm.objects.select_related("account", "product", "environment__product")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Missing(f"There is no alarm {pk}.")
    return found


def changes_of(alarm: Alarm, limit: int) -> list[AlarmChange]:
    """The newest changes of its state."""
    return list(alarm.changes.order_by("-at")[:limit])


def silence_of(alarm: Alarm) -> Silence | None:
    """The silence that holds now."""
    return silences_now().filter(alarm=alarm).select_related("actor").first()


def is_silenced(alarm: Alarm, at: datetime | None = None) -> bool:
    """Whether nobody wants to hear of the alarm at that moment."""
    moment = at or timezone.now()
    held = Q(ended_at=None) | Q(ended_at__gt=moment)
    return (
        alarm.pk is not None
        and Silence.objects.filter(held, alarm=alarm, at__lte=moment, until__gt=moment).exists()
    )
