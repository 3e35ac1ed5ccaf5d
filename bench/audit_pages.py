"""Pages of the audit log over a million events and more, in the server's time: routing, permission, queries, template.

The events are what a year of a busy team leaves, with the combinations that hurt: somebody who left long ago, people
and actions that are each common and never met, and some so rare that the whole log holds a handful.
"""

import time
from collections.abc import Iterator
from statistics import quantiles

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.database import Owner
from bench.report import LIMIT, Row, against

EVENTS = 1_000_000
FULL = 10_000_000
REQUESTS = 60
BAR = 0.030
QUERIES = 14

FILL = """
INSERT INTO audit_event (at, actor_name, action, result, product, environment, subject, subject_url, summary, reason,
                         before, after, run, request_ids, channel, token)
SELECT timestamptz '2026-01-01' + n * interval '1 year' / %(events)s,
       CASE WHEN n %% 50000 = 7 THEN 'rare' WHEN n < %(events)s / 5 AND n %% 2 = 0 THEN 'left'
            WHEN n %% 5 = 0 THEN 'ci' ELSE 'person-' || h %% 40 END,
       CASE WHEN n %% 20000 = 7 THEN 'person.change_role' WHEN n %% 5 = 0 THEN 'deployment.promote'
            WHEN h %% 10 = 0 THEN 'config.save' ELSE 'action.number_' || h %% 25 END,
       CASE WHEN h %% 97 = 0 THEN 'refused' WHEN h %% 101 = 0 THEN 'failed' ELSE 'ok' END,
       'product-' || h %% 100, (ARRAY['dev', 'test', 'stage', 'prod', 'static'])[1 + h / 100 %% 5],
       'release 1.' || h %% 300, '', 'Did thing number ' || n,
       CASE WHEN h %% 3 = 0 THEN 'Because of ticket TC-' || h %% 9999 ELSE '' END,
       CASE WHEN h %% 4 = 0 THEN jsonb_build_object('version', '1.' || h %% 300, 'kept', n) END,
       CASE WHEN h %% 4 = 0 THEN jsonb_build_object('version', '1.' || h %% 301, 'kept', n) END,
       CASE WHEN h %% 3 = 0 THEN n / 12 END, '["REQUEST0000000001"]', 'page', ''
FROM (SELECT n, abs(hashint8(n)) AS h FROM generate_series(1, %(events)s) n) numbers
"""

FILTERS = {
    "all events": "",
    "one person": "person=person-7",
    "a rare person": "person=rare",
    "a person who left long ago": "person=left",
    "nobody of that name": "person=nobody",
    "one product and environment": "product=product-42&environment=prod",
    "one environment": "environment=stage",
    "refused": "result=refused",
    "refused in one product": "result=refused&product=product-9",
    "a person and a rare action": "person=rare&action=person.change_role",
    "a person and a common action that never met": "person=ci&action=config.save",
    "who left long ago and a rare action": "person=left&action=person.change_role",
    "who left long ago, a product, failed": "person=left&product=product-3&result=failed",
    "four conditions": "person=person-3&action=config.save&environment=prod&result=ok",
    "a run": "run=4711",
    "one day": "since=2026-05-01T00:00:00Z&until=2026-05-02T00:00:00Z",
    "one month and a rare action": "since=2026-05-01T00:00:00Z&until=2026-06-01T00:00:00Z&action=person.change_role",
    "one month, a person, an action": "since=2026-03-01T00:00:00Z&until=2026-04-01T00:00:00Z&person=ci&action=config.save",
}
"""What is asked for, as the address spells it."""


def measure(owner: Owner, events: int) -> Iterator[Row]:
    """A row for every kind of filter, from the first page and from deep inside; then the number of queries."""
    _fill(owner, events)
    _add_products()
    client = _auditor()
    most = 0
    for what, query in FILTERS.items():
        seconds = []
        for depth in (None, events // 2, events // 10):
            before = f"&before={depth}" if depth else ""
            seconds += [get(client, f"/audit/?{query}{before}") for _ in range(REQUESTS // 3)]
            most = max(most, queries(client, f"/audit/?{query}{before}"))
        p95 = quantiles(seconds, n=20)[-1]
        yield against(f"audit of {events:,}, {what}, p95", p95, BAR, LIMIT, 1)
    seconds = [get(client, f"/audit/events/{events // 3 + n}/") for n in range(REQUESTS)]
    yield against(f"audit of {events:,}, one event, p95", quantiles(seconds, n=20)[-1], BAR, LIMIT, 1)
    yield against("queries of an audit page, at most", most, QUERIES, LIMIT, 1)


def _fill(owner: Owner, events: int) -> None:
    # Indexes are built afterwards, because that is many times quicker than keeping them.
    indexes = owner.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'audit_event' AND indexname LIKE 'audit\\_%' "
        "AND indexname <> 'audit_event_pkey'"
    ).fetchall()
    owner.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_event_unsealed")
    for name, _ in indexes:
        owner.execute(f"DROP INDEX {name}")
    owner.execute(FILL, {"events": events})
    for _, definition in indexes:
        owner.execute(str(definition))
    owner.execute("ALTER TABLE audit_event ENABLE TRIGGER audit_event_unsealed")
    owner.execute("VACUUM ANALYZE audit_event")
    owner.execute("CHECKPOINT")


def _add_products() -> None:
    from products.models import Account, Environment, Product

    account = Account.objects.create(name="bench", aws_id="123456789012", tier="nonprod")
    for number in range(100):
        product = Product.objects.create(
            slug=f"product-{number}",
            name=f"Product {number}",
            domain=f"product-{number}.com",
            artifact_account=account,
            artifact_bucket="bench-artifacts",
        )
        Environment.objects.bulk_create(
            Environment(
                product=product,
                name=name,
                kind="app",
                position=place,
                frontend_account=account,
                bucket=f"bench-{number}-{name}",
            )
            for place, name in enumerate(("dev", "test", "stage", "prod", "static"))
        )


def _auditor() -> Client:
    from users.models import User
    from users.permissions import Role

    client = Client()
    user = User.objects.create_user("auditor", role=Role.AUDITOR)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    get(client, "/audit/")
    return client


def get(client: Client, address: str) -> float:
    """Seconds that the server took to answer it."""
    started = time.perf_counter()
    answer = client.get(address)
    seconds = time.perf_counter() - started
    if answer.status_code != 200:
        raise RuntimeError(f"{address} was answered {answer.status_code}")
    return seconds


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return len(queries)
