"""What runs where, for the first page: one query for all environments, whatever the number of deployments.

By hand, because the database takes longer to plan what Django would make of it, a join for every pointer to a
deployment and for all that each has, than to answer this.
"""

from typing import Any

from django.db import connection

SQL = """
WITH pointed AS (
  SELECT d.id, d.kind, d.partial, d.created_at, d.release_id, d.run_id, d.environment_id, d.live_at, d.artifact_id IS NULL AS alone,
         r.version, r.bad, coalesce(u.display_name, 'the console') AS display_name, before.version AS before,
         called.id AS called_id, called.version AS called_version, called.product_id AS called_product, called.created_at AS registered_at,
         NOT called.bad AND NOT called.found AS called_good
  FROM deployments_deployment d
  JOIN deployments_release r ON r.id = d.release_id
  LEFT JOIN users_user u ON u.id = d.actor_id
  LEFT JOIN deployments_artifact b ON b.id = d.backend_id
  LEFT JOIN deployments_release called ON called.id = b.release_id
  LEFT JOIN deployments_deployment previous ON previous.id = d.previous_id
  LEFT JOIN deployments_release before ON before.id = previous.release_id
  WHERE d.id IN (
    SELECT running_id FROM deployments_environmentstate UNION SELECT live_id FROM deployments_environmentstate
    UNION SELECT active_id FROM deployments_environmentstate UNION SELECT failed_id FROM deployments_environmentstate
    UNION SELECT running_id FROM deployments_fleet)
)
SELECT e.id, e.name, e.kind, e.position, e.protected, e.distribution_id, e.requires_id, e.product_id,
       p.slug, p.name AS product_name, p.domain,
       newest.id AS newest_release, newest.version AS newest_version,
       back.id AS newest_back_end, back.version AS newest_back_end_version,
       e.backend_account_id IS NOT NULL AND e.function_prefix <> '' AS has_back_end,
       called.called_id AS called_release, called.called_version AS called_version,
       called.environment_id = e.id AND called.live_at IS NOT NULL AND called.called_good AS called_may_go_on,
       CASE WHEN called.called_product <> p.id THEN (SELECT name FROM products_product WHERE id = called.called_product) END AS called_product,
       CASE WHEN called.kind = 'rollback' THEN extract(epoch FROM called.created_at)::float8 END AS called_back_at,
       extract(epoch FROM called.registered_at)::float8 AS called_registered_at,
       extract(epoch FROM back.created_at)::float8 AS newest_back_end_at,
       extract(epoch FROM greatest(s.changed_at, seen.changed_at, called.live_at, watch.decided_at, truth.changed_at, rings.changed_at))::float8 AS changed_at, s.running_id, s.live_id, s.active_id, s.failed_id,
       running.version AS running_version, running.release_id AS running_release, running.kind AS running_kind,
       extract(epoch FROM running.created_at)::float8 AS running_at, running.display_name AS running_who,
       running.before AS running_before,
       live.version AS live_version, live.release_id AS live_release, live.bad AS live_bad,
       active.version AS active_version, active.alone AS active_alone, active.display_name AS active_who, active.run_id AS active_run,
       (SELECT state FROM runs_run WHERE id = active.run_id) AS active_state,
       coalesce(seen.seen_at >= s.changed_at AND jsonb_path_exists(seen.ways, '$[*] ? (exists(@.files[*]) || exists(@.handlers[*]))'),
         false) AS no_way_back,
       coalesce(measured.spark, '') AS spark, coalesce(rings.many, 0) AS alarms,
       coalesce(watch.deployment_id IN (s.running_id, f.running_id) AND watch.verdict = 'degraded', false) AS degraded,
       coalesce(truth.deployment = s.running_id AND truth.findings <> '[]', false) AS edge_differs,
       failed.version AS failed_version, failed.alone AS failed_alone, failed.run_id AS failed_run,
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
LEFT JOIN LATERAL (
  SELECT r.id, r.version, r.created_at FROM deployments_release r
  WHERE e.backend_account_id IS NOT NULL AND r.product_id = p.id AND r.status = 'ready' AND NOT r.bad AND NOT r.found AND EXISTS (
    SELECT FROM deployments_artifact a WHERE a.release_id = r.id AND a.target = 'backend')
  ORDER BY r.id DESC LIMIT 1) back ON true
LEFT JOIN deployments_fleet f ON f.account_id = e.backend_account_id AND f.prefix = e.function_prefix
LEFT JOIN deployments_environmentstate s ON s.environment_id = e.id
LEFT JOIN deployments_readiness seen ON seen.environment_id = e.id
LEFT JOIN monitoring_edgetruth truth ON truth.environment_id = e.id
LEFT JOIN monitoring_source measured ON measured.name = e.distribution_id AND measured.kind = 'distribution'
  AND measured.account_id = e.frontend_account_id AND measured.gone_at IS NULL
LEFT JOIN LATERAL (
  SELECT w.deployment_id, w.verdict, w.decided_at FROM monitoring_watch w
  WHERE w.environment_id = e.id ORDER BY w.began_at DESC LIMIT 1) watch ON true
LEFT JOIN (
  SELECT environment_id, count(*) AS many, max(changed_at) AS changed_at FROM monitoring_alarm a
  WHERE state = 'ALARM' AND gone_at IS NULL AND NOT EXISTS (
    SELECT FROM monitoring_silence WHERE alarm_id = a.id AND until > statement_timestamp() AND ended_at IS NULL)
  GROUP BY environment_id) rings ON rings.environment_id = e.id
LEFT JOIN pointed running ON running.id = s.running_id
LEFT JOIN pointed live ON live.id = s.live_id
LEFT JOIN pointed active ON active.id = s.active_id
LEFT JOIN pointed failed ON failed.id = s.failed_id
LEFT JOIN pointed called ON called.id = f.running_id
ORDER BY p.name, p.id, e.position
"""

Place = dict[str, Any]
"""One environment with what runs in it: the columns above by name. `newest_…` may be promoted: ready, not bad, with an artifact for an app here.
`failed_handlers`, "308 of 311", is of a deployment that left the back end partly live; `no_way_back`: something that a
rollback needs was seen to be missing. `spark` are the points of a line of the last hour's traffic, `alarms` those that ring and
nobody silenced; `degraded`: it fares worse since its newest deployment; `edge_differs`: visitors get something else.

`called_…` is the release whose back end the API calls, `called_product` when it is another product's, `called_back_at`
when it was rolled back to; `called_may_go_on`: it went live by a deployment to here and is not bad. `newest_back_end` may
be promoted. `…_alone`: a deployment of the back end alone.

Times are seconds since 1970: a thousand of them as text would take a tenth of the page to read.
"""


def places() -> list[Place]:
    """Every environment with its state, in the order of the page. One query."""
    with connection.cursor() as cursor:
        cursor.execute(SQL)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
