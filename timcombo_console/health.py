"""Whether the console itself is well, in one query: workers, the oldest due Run, the audit log's seals."""

from dataclasses import dataclass

from django.db import connection

QUEUE_LIMIT = 30.0
SEAL_LIMIT = 60.0

SQL = """
SELECT
  (SELECT count(*) FROM runs_worker
    WHERE seen_at > statement_timestamp() - interval '15 s' AND queues ~ '(^|,)runs(,|$)'),
  (SELECT coalesce(extract(epoch FROM max(statement_timestamp() - greatest(wake_at, lease_until))), 0)
    FROM runs_run WHERE state IN ('queued', 'running') AND wake_at <= statement_timestamp()
      AND (lease_until IS NULL OR lease_until <= statement_timestamp())),
  (SELECT coalesce(extract(epoch FROM max(statement_timestamp() - at)), 0) FROM audit_unsealed)
"""


@dataclass(frozen=True)
class Health:
    """Workers that take Runs; seconds the oldest due Run and the oldest unsealed event have waited."""

    workers: int
    queue_seconds: float
    unsealed_seconds: float

    @property
    def queue_ok(self) -> bool:
        return self.queue_seconds < QUEUE_LIMIT

    @property
    def sealed(self) -> bool:
        return self.unsealed_seconds < SEAL_LIMIT


def health() -> Health:
    """As the database sees it now."""
    with connection.cursor() as cursor:
        cursor.execute(SQL)
        workers, queue, unsealed = cursor.fetchone()
    return Health(int(workers), float(queue), float(unsealed))
