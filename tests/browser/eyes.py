"""Numbers, alarms, health and findings, so that their pages have something to show."""

from datetime import UTC, datetime, timedelta
from math import sin

from django.utils import timezone

from deployments.models import Deployment
from monitoring.joining import floor
from monitoring.keeping import draw_sparks, keep, roll_up
from monitoring.kinds import DISTRIBUTION, FIVE_MINUTES, FLEET
from monitoring.models import Alarm, AlarmChange, Collection, EdgeTruth, Source, Watch
from monitoring.rollups import join_stale, mark_stale
from monitoring.sources import keep_sources
from products.models import Account, Environment
from tests.monitoring.rows import ringing_alarm

HOURS = 30
SPRING = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
"""Noon of a day that has 23 hours in Europe."""


def measure() -> Alarm:
    """Thirty hours of every source until now, and a day around the clock change; an alarm that rings over test."""
    for account in Account.objects.all():
        sources = keep_sources(account)
        _put(sources, floor(timezone.now(), FIVE_MINUTES))
        _put([one for one in sources if one.kind == DISTRIBUTION.name][:3], SPRING)
        Collection.objects.create(account=account, asked_at=timezone.now(), seen_at=timezone.now())
        mark_stale(account.pk, SPRING - timedelta(hours=HOURS))
        join_stale(account.pk)
    alarm = ringing_alarm(
        Environment.objects.get(product__slug="tim-combo", name="test"), name="console-tim-combo-errors"
    )
    AlarmChange.objects.create(
        alarm=alarm,
        at=timezone.now(),
        was="OK",
        state="ALARM",
        reason="Threshold Crossed: 3 datapoints were above 1.0.",
    )
    return alarm


def _put(sources: list[Source], end: datetime) -> None:
    drawn = [one for one in sources if one.kind in (DISTRIBUTION.name, FLEET.name)]
    times = [end - timedelta(seconds=FIVE_MINUTES * n) for n in range(1, HOURS * 12)]
    for place, source in enumerate(drawn):
        source.until, source.since = end, times[-1]
        source.extra = place % 3 != 0 if source.kind == DISTRIBUTION.name else None
        source.save()
        keep(
            FIVE_MINUTES, {source.pk: {at: _values(source, place, number) for number, at in enumerate(times)}}
        )
    roll_up(drawn, times[-1])
    draw_sparks(drawn, end)


def _values(source: Source, place: int, number: int) -> list[float | None]:
    wave = 1 + 0.5 * sin(number / 46) + 0.1 * sin(number)
    if source.kind == FLEET.name:
        return [800 * wave, 2 * wave, 0.0, 140 + 20 * wave]
    plain: list[float | None] = [
        500 * wave * (place + 1),
        9e6 * wave,
        2e5 * wave,
        1.2 * wave,
        0.1 * wave,
        1.3 * wave,
    ]
    return plain + ([92 + 2 * wave, 30 * wave, 120 * wave, 240 * wave] if source.extra else [None] * 4)


def found_degraded(deployment: Deployment) -> None:
    """The deployment is watched and was found to fare worse; the edge serves something else."""
    moment = timezone.now()
    figures = [
        {
            "label": "Answers 5xx",
            "unit": "percent",
            "before": 0.1,
            "after": 12.4,
            "worse": True,
            "total": 4210.0,
        },
        {
            "label": "Answers 4xx",
            "unit": "percent",
            "before": 1.2,
            "after": 1.4,
            "worse": False,
            "total": 4210.0,
        },
        {
            "label": "Origin latency p95",
            "unit": "ms",
            "before": None,
            "after": 180.0,
            "worse": False,
            "total": 4210.0,
        },
    ]
    Watch.objects.create(
        deployment=deployment,
        environment=deployment.environment,
        began_at=moment - timedelta(minutes=4),
        ends_at=moment + timedelta(minutes=11),
        verdict="degraded",
        text="Answers 5xx: 12.4 %, before 0.1 %.",
        figures=figures,
        judged_at=moment,
        decided_at=moment,
    )
    facts = [
        {
            "place": "Declared here",
            "value": "1.1.0",
            "agrees": "yes",
            "note": f"deployment {deployment.pk}, Release manager",
        },
        {"place": "In the bucket", "value": "not ours", "agrees": "no", "note": "index.html 9f2c…11ab"},
        {
            "place": "At the edge",
            "value": "not ours",
            "agrees": "no",
            "note": "3 files asked at dev.tim-combo.com, HSTS, nosniff",
        },
        {
            "place": "From the API",
            "value": "2.0.0",
            "agrees": "yes",
            "note": "311 of 311 handlers as they were left",
        },
    ]
    text = (
        "Somebody deployed past the console: index.html in the bucket is not what was written for 1.1.0 (ETag 9f2c…11ab, "
        "written 0a1b…2c3d). No release of the console has this page."
    )
    EdgeTruth.objects.create(
        environment=deployment.environment,
        deployment=deployment.pk,
        seen_at=moment,
        asked_at=moment,
        changed_at=moment,
        facts=facts,
        findings=[{"code": "by-hand", "text": text}],
    )
