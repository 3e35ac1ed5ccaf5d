"""What runs where, for the first page: one query for all environments, whatever the number of deployments.

By hand, because the database takes longer to plan what Django would make of it, a join for every pointer to a
deployment and for all that each has, than to answer this.
"""

from typing import Any

from django.db import connection

SQL = """
WITH pointed AS (
  SELECT d.id, d.kind, d.partial, d.created_at, d.release_id, d.run_id, r.version, r.bad, u.display_name, before.version AS before
  FROM deployments_deployment d
  JOIN deployments_release r ON r.id = d.release_id
  JOIN users_user u ON u.id = d.actor_id
  LEFT JOIN deployments_deployment previous ON previous.id = d.previous_id
  LEFT JOIN deployments_release before ON before.id = previous.release_id
  WHERE d.id IN (
    SELECT running_id FROM deployments_environmentstate UNION SELECT live_id FROM deployments_environmentstate
    UNION SELECT active_id FROM deployments_environmentstate UNION SELECT failed_id FROM deployments_environmentstate)
)
SELECT e.id, e.name, e.kind, e.position, e.protected, e.distribution_id, e.requires_id, e.product_id,
       p.slug, p.name AS product_name, p.domain,
       newest.id AS newest_release, newest.version AS newest_version,
       extract(epoch FROM greatest(s.changed_at, seen.changed_at))::float8 AS changed_at, s.running_id, s.live_id, s.active_id, s.failed_id,
       running.version AS running_version, running.release_id AS running_release, running.kind AS running_kind,
       extract(epoch FROM running.created_at)::float8 AS running_at, running.display_name AS running_who,
       running.before AS running_before,
       live.version AS live_version, live.release_id AS live_release, live.bad AS live_bad,
       active.version AS active_version, active.display_name AS active_who, active.run_id AS active_run,
       (SELECT state FROM runs_run WHERE id = active.run_id) AS active_state,
       coalesce(seen.seen_at >= s.changed_at AND jsonb_path_exists(seen.ways, '$[*] ? (exists(@.files[*]) || exists(@.handlers[*]))'),
         false) AS no_way_back,
       failed.version AS failed_version, failed.run_id AS failed_run,
       CASE WHEN failed.partial THEN
         (SELECT count(*) FILTER (WHERE state = 'done') || ' of ' || count(*) FROM deployments_handlerchange
          WHERE deployment_id = failed.id) END AS failed_handlers,
       (SELECT extract(epoch FROM ended_at)::float8 FROM runs_run WHERE id = failed.run_id) AS failed_at
FROM products_environment e
JOIN products_product p ON p.id = e.product_id
LEFT JOIN LATERAL (
  SELECT r.id, r.version FROM deployments_release r
  WHERE r.product_id = p.id AND r.status = 'ready' AND NOT r.bad AND EXISTS (
    SELECT FROM deployments_artifact a WHERE a.release_id = r.id AND a.target IN (e.name, 'any'))
  ORDER BY r.id DESC LIMIT 1) newest ON true
LEFT JOIN deployments_environmentstate s ON s.environment_id = e.id
LEFT JOIN deployments_readiness seen ON seen.environment_id = e.id
LEFT JOIN pointed running ON running.id = s.running_id
LEFT JOIN pointed live ON live.id = s.live_id
LEFT JOIN pointed active ON active.id = s.active_id
LEFT JOIN pointed failed ON failed.id = s.failed_id
ORDER BY p.name, p.id, e.position
"""

Place = dict[str, Any]
"""One environment with what runs in it: the columns above by name. `newest_…` may be promoted: ready, not bad, with an artifact for an app here.
`failed_handlers`, "308 of 311", is of a deployment that left the back end partly live; `no_way_back`: something that a
rollback needs was seen to be missing.

Times are seconds since 1970: a thousand of them as text would take a tenth of the page to read.
"""


def places() -> list[Place]:
    """Every environment with its state, in the order of the page. One query."""
    with connection.cursor() as cursor:
        cursor.execute(SQL)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
