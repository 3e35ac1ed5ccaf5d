"""What is joined by the database once all new samples are kept: days of each source, and whole accounts.

Pages of many sources over a long time read these, a few thousand rows in place of hundreds of thousands.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.functions import Least, Now

from monitoring.joining import floor
from monitoring.kinds import DAY, DISTRIBUTION, FIVE_MINUTES, HOUR
from monitoring.models import Collection
from monitoring.selectors.samples import columns_of

DRAWN_BY_FIVE_MINUTES = timedelta(days=1)
"""Farther back whole accounts are drawn by the hour alone."""

DAYS = """
INSERT INTO monitoring_sample (source_id, period, at, "values")
SELECT source_id, %(day)s, day, ARRAY[{joined}] FROM (
  SELECT source_id, date_bin('1 day', at, 'epoch') AS day, {values} FROM monitoring_sample
  WHERE period = %(period)s AND at >= %(since)s AND source_id IN (
    SELECT id FROM monitoring_source WHERE account_id = %(account)s AND kind = %(kind)s AND gone_at IS NULL)
  OFFSET 0) told
GROUP BY source_id, day ON CONFLICT (source_id, period, at) DO UPDATE SET "values" = excluded."values"
"""
# With sources that are gone by now: they had their part in what was.
ACCOUNT = """
INSERT INTO monitoring_accountsample (account_id, period, at, "values")
SELECT %(account)s, %(period)s, at, ARRAY[{joined}] FROM (
  SELECT at, {values} FROM monitoring_sample
  WHERE period = %(period)s AND at >= %(since)s AND source_id IN (
    SELECT id FROM monitoring_source WHERE account_id = %(account)s AND kind = %(kind)s)
  OFFSET 0) told
GROUP BY at ON CONFLICT (account_id, period, at) DO UPDATE SET "values" = excluded."values"
"""


def mark_stale(account: int, since: datetime) -> None:
    """Note in the transaction that keeps samples that they are not joined yet: a worker may die before it does so."""
    Collection.objects.filter(account=account).update(stale_since=Least(F("stale_since"), since))


def join_stale(account: int) -> None:
    """Join what is marked, in the caller's transaction."""
    row = Collection.objects.filter(account=account, stale_since__isnull=False).annotate(now=Now()).first()
    if row is None or row.stale_since is None:
        return
    since, recent = row.stale_since, row.now - DRAWN_BY_FIVE_MINUTES
    told: dict[str, Any] = {"account": account, "kind": DISTRIBUTION.name, "day": DAY}
    with connection.cursor() as cursor:
        for sql, period, first in (
            (DAYS, HOUR, floor(since, DAY)),
            (ACCOUNT, HOUR, floor(since, HOUR)),
            (ACCOUNT, FIVE_MINUTES, max(since, recent)),
        ):
            asked = told | {"period": period, "since": first}
            cursor.execute(sql.format(**columns_of(DISTRIBUTION)), asked)
    Collection.objects.filter(account=account).update(stale_since=None)
