"""What is forgotten: samples by their period, sources that are gone and builds as long as those, changes of alarms after 90 days.

A little every few minutes, because nudges wait for it. Watches stay with their deployments.
"""

from datetime import timedelta

from django.db import connection
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from monitoring.models import AccountSample, Alarm, AlarmChange, Build, Sample, Source
from monitoring.windows import KEPT

ALARMS_KEPT = timedelta(days=90)
A_TIME = 2000

# By source, because the index of samples begins with it: what is old is found without reading what is not.
OLD_SAMPLES = """
DELETE FROM monitoring_sample WHERE (source_id, period, at) IN (
  SELECT source_id, period, at FROM monitoring_source one, LATERAL (
    SELECT source_id, period, at FROM monitoring_sample
    WHERE source_id = one.id AND period = %s AND at < statement_timestamp() - make_interval(secs => %s) ORDER BY at LIMIT %s) old
  LIMIT %s)
"""


def forget_old() -> None:
    """Remove some of each."""
    _forget_samples()
    oldest = max(KEPT.values())
    gone = Source.objects.filter(gone_at__lt=Now() - oldest)
    gone.exclude(Exists(Sample.objects.filter(source=OuterRef("pk")))).delete()
    # The oldest are the first ones, so that those to keep are not read.
    first = list(Build.objects.order_by("pk").values_list("pk", flat=True)[:A_TIME])
    Build.objects.filter(pk__in=first, at__lt=Now() - oldest).delete()
    changes = AlarmChange.objects.filter(at__lt=Now() - ALARMS_KEPT).order_by("at")
    AlarmChange.objects.filter(pk__in=list(changes.values_list("pk", flat=True)[:A_TIME])).delete()
    Alarm.objects.filter(gone_at__lt=Now() - ALARMS_KEPT).delete()


def _forget_samples() -> None:
    with connection.cursor() as cursor:
        for period, kept in KEPT.items():
            cursor.execute(OLD_SAMPLES, [period, kept.total_seconds(), A_TIME, A_TIME])
    for period, kept in KEPT.items():
        # A few hundred a day for each account.
        AccountSample.objects.filter(period=period, at__lt=Now() - kept).delete()
