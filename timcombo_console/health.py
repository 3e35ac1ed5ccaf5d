"""Whether the console itself is well, in one query: workers, the oldest due Run, the audit log's seals, CloudWatch."""

from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from monitoring.costs import price

QUEUE_LIMIT = 30.0
SEAL_LIMIT = 60.0

SQL = """
WITH alive AS (SELECT queues FROM runs_worker WHERE seen_at > statement_timestamp() - interval '15 s')
SELECT
  (SELECT count(*) FROM alive WHERE queues ~ '(^|,)runs(,|$)'),
  (SELECT count(*) FROM alive WHERE queues ~ '(^|,)watch(,|$)'),
  (SELECT coalesce(extract(epoch FROM max(statement_timestamp() - greatest(wake_at, lease_until))), 0)
    FROM runs_run WHERE state IN ('queued', 'running') AND wake_at <= statement_timestamp()
      AND (lease_until IS NULL OR lease_until <= statement_timestamp())),
  (SELECT coalesce(extract(epoch FROM max(statement_timestamp() - at)), 0) FROM audit_unsealed),
  (SELECT coalesce(string_agg(a.name, ', ' ORDER BY a.name), '') FROM monitoring_collection c
    JOIN products_account a ON a.id = c.account_id WHERE c.failed_at IS NOT NULL),
  (SELECT coalesce(sum(metrics), 0) FROM monitoring_spending
    WHERE month = date_trunc('month', statement_timestamp() AT TIME ZONE 'UTC'))
"""


@dataclass(frozen=True)
class Health:
    """Workers that change things, and that only look; seconds the oldest due Run and the oldest unsealed event have waited.

    `unanswered` names the accounts whose CloudWatch gave no answer the last time, "" for none; `dollars` is what asking
    cost this month.
    """

    workers: int
    watchers: int
    queue_seconds: float
    unsealed_seconds: float
    unanswered: str
    dollars: float

    @property
    def queue_ok(self) -> bool:
        return self.queue_seconds < QUEUE_LIMIT

    @property
    def sealed(self) -> bool:
        return self.unsealed_seconds < SEAL_LIMIT

    @property
    def capped(self) -> bool:
        """Whether this month has cost as much as it may, so that nothing is asked."""
        cap: float = settings.CONSOLE_METRICS_CAP
        return self.dollars >= cap


def health() -> Health:
    """As the database sees it now."""
    with connection.cursor() as cursor:
        cursor.execute(SQL)
        workers, watchers, queue, unsealed, unanswered, metrics = cursor.fetchone()
    return Health(workers, watchers, float(queue), float(unsealed), unanswered, price(float(metrics)))
