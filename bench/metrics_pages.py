"""Pages of numbers over 30 days of 500 distributions, in the server's time."""

from collections.abc import Iterator
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from bench.audit_pages import get, queries
from bench.database import Owner
from bench.estate_pages import p95
from bench.report import LIMIT, Row, against
from monitoring.models import Collection
from monitoring.rollups import join_stale, mark_stale

PAGE_BAR, MATRIX_BAR, MATRIX_QUERIES, SIZE_BAR = 0.150, 0.100, 6, 300_000
DEPLOYMENTS = 40
PRODUCT = "shop-0"

# Every source has 30 days by the hour and a day by five minutes; requests come by day more than by night.
SAMPLES = """
INSERT INTO monitoring_sample (source_id, period, at, "values")
SELECT s.id, p.seconds, at, ARRAY[r, r * 5e4, r * 900, n % 7, n % 11 / 9.0, n % 13, 80 + n % 17, 40 + n % 9, 90 + n % 31, 200 + n % 77]
FROM monitoring_source s, (VALUES (3600, interval '30 days'), (300, interval '1 day')) p (seconds, kept),
  generate_series(date_trunc('hour', now()) - p.kept, now(), p.seconds * interval '1 s') WITH ORDINALITY t (at, n),
  LATERAL (SELECT round(p.seconds * (1.1 + sin(extract(hour FROM at) / 24 * 6.28)) * (1 + s.id % 5))::float8) v (r)
WHERE s.kind = 'distribution'
ON CONFLICT DO NOTHING
"""

# Some dozens of deployments of the first product, each watched; everything runs somewhere; some alarms ring.
HISTORY = """
INSERT INTO deployments_release (product_id, version, commit, notes, status, reasons, bad, bad_reason, created_at, created_by_id)
SELECT p.id, '1.' || n || '.0', '', '', 'ready', '[]', false, '', now(), {user} FROM products_product p, generate_series(1, {deployments}) n;
INSERT INTO deployments_artifact (release_id, target, sha256, packed_bytes, spool_name, incoming_key, files, bytes, manifest_digest, placeholder_config)
SELECT id, 'any', repeat('0', 64), 0, '', '', 0, 0, '', false FROM deployments_release;

CREATE TEMPORARY TABLE wishes AS
SELECT row_number() OVER () AS id, e.id AS environment, r.id AS release, a.id AS artifact,
       now() - n * interval '17 hours' AS at
FROM products_environment e JOIN products_product p ON p.id = e.product_id
JOIN generate_series(1, {deployments}) n ON n = 1 OR (p.slug = '{product}' AND n % 5 = e.position)
JOIN deployments_release r ON r.product_id = p.id AND r.version = '1.' || n || '.0'
JOIN deployments_artifact a ON a.release_id = r.id ORDER BY at;
INSERT INTO runs_run (id, kind, title, url, state, created_at, started_at, ended_at, wake_at, scope_names, worker, waiting_for, error)
SELECT 1000000 + id, 'deployment', 'Promote', '', 'succeeded', at, at, at, at, '{{}}', '', '', '' FROM wishes;
INSERT INTO deployments_deployment (id, environment_id, release_id, artifact_id, kind, reason, override, actor_id, run_id,
                                    plan, digest, created_at, switched_at, live_at, rolled_away, replaced)
SELECT id, environment, release, artifact, 'promote', 'Because.', '', {user}, 1000000 + id, '{{}}', '', at, at, at, false, '[]'
FROM wishes;
INSERT INTO deployments_environmentstate (environment_id, running_id, live_id)
SELECT environment, max(id), max(id) FROM wishes GROUP BY environment;
INSERT INTO monitoring_watch (deployment_id, environment_id, began_at, ends_at, verdict, text, figures, judged_at, decided_at, held)
SELECT id, environment, at, at + interval '15 min', 'healthy', 'Nothing got worse in 4,812 requests.',
  (SELECT jsonb_agg(jsonb_build_object('label', label, 'unit', 'percent', 'before', 0.1, 'after', 0.2, 'worse', false, 'total', 4812))
   FROM unnest(ARRAY['Answers 5xx', 'Answers 4xx', 'Cache hit ratio', 'Origin latency p95']) label), at, at, '' FROM wishes;
INSERT INTO monitoring_alarm (account_id, region, name, arn, product_id, environment_id, watches, state, reason, changed_at, actions, seen_at)
SELECT frontend_account_id, 'us-east-1', 'errors-' || id, 'arn:' || id, product_id, id, '5xxErrorRate above 1',
  CASE WHEN id % 5 = 0 THEN 'ALARM' ELSE 'OK' END, '', now(), true, now() FROM products_environment;
UPDATE monitoring_source SET until = now(), extra = true, spark =
  '0,10 4,9.1 8,7 12,3 16,8 20,11 24,9 28,7 32,4 36,2 40,8 44,13 48,1' WHERE kind = 'distribution';
"""


ALL = "&".join(f"env={name}" for name in ("dev", "test", "stage", "prod", "static"))
DASHBOARD = f"/products/{PRODUCT}/monitoring/?range=30d&{ALL}"
PAGES = {
    "dashboard of 5 distributions, 30 days": DASHBOARD,
    "all 500 distributions, 24 hours": "/monitoring/?range=24h",
    "all 500 distributions, 30 days": "/monitoring/?range=30d",
}


def measure(owner: Owner, client: Client, user: int) -> Iterator[Row]:
    """The rows of the dashboard, of the overview and of the matrix."""
    fill(owner, user)
    for what, address in PAGES.items():
        yield p95(f"{what}, p95", PAGE_BAR, lambda at=address: get(client, at))  # type: ignore[misc]
    yield against(
        "dashboard of 5 distributions, kB", size(client, DASHBOARD) / 1000, SIZE_BAR / 1000, LIMIT, 1
    )
    yield p95("matrix with sparks and alarms, p95", MATRIX_BAR, lambda: get(client, "/"))
    yield against("queries of the matrix", queries(client, "/"), MATRIX_QUERIES, LIMIT, 1)


def fill(owner: Owner, user: int) -> None:
    owner.execute(SAMPLES)
    for row in Collection.objects.all():
        mark_stale(row.pk, timezone.now() - timedelta(days=31))
        join_stale(row.pk)
    owner.execute(HISTORY.format(user=user, deployments=DEPLOYMENTS, product=PRODUCT).encode())
    owner.execute("VACUUM ANALYZE")
    owner.execute("CHECKPOINT")


def size(client: Client, address: str) -> int:
    """Of a page as it is before it is compressed."""
    return len(client.get(address).content)
