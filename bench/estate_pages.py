"""The matrix over a million deployments, and the plan of a release of 20,000 files, in the server's time."""

from collections.abc import Callable, Iterator
from statistics import quantiles

from django.test import Client

from bench.audit_pages import get, queries
from bench.database import Owner
from bench.report import LIMIT, Row, against

DEPLOYMENTS = 1_000_000
RELEASES_PER_PRODUCT = 10
FILES = 20_000
REQUESTS = 40
MATRIX_BAR, MATRIX_QUERIES, PLAN_BAR = 0.100, 5, 0.300

# Environment n of all belongs to product n / 5; each release of it is deployed there again and again.
FILL = """
INSERT INTO deployments_release (product_id, version, commit, notes, status, reasons, bad, bad_reason, created_at, created_by_id)
SELECT p.id, '1.' || n || '.0', '', '', 'ready', '[]', false, '', now(), {user}
FROM products_product p, generate_series(1, {releases}) n ORDER BY n, p.id;

INSERT INTO deployments_artifact (release_id, target, sha256, packed_bytes, spool_name, incoming_key, files, bytes,
                                  manifest_digest, placeholder_config)
SELECT id, 'any', repeat('0', 64), 0, '', '', 0, 0, '', false FROM deployments_release;

INSERT INTO runs_run (id, kind, title, url, state, created_at, started_at, ended_at, wake_at, scope_names, worker,
                      waiting_for, error)
SELECT n, 'deployment', 'Promote', '', 'succeeded', now(), now(), now(), now(), '{{}}', '', '', ''
FROM generate_series(1, {deployments}) n;

CREATE TEMPORARY TABLE places AS
SELECT e.id, e.product_id, row_number() OVER (ORDER BY e.id) - 1 AS place FROM products_environment e;
CREATE TEMPORARY TABLE choices AS
SELECT r.id AS release, a.id AS artifact, r.product_id,
       row_number() OVER (PARTITION BY r.product_id ORDER BY r.id) - 1 AS place
FROM deployments_release r JOIN deployments_artifact a ON a.release_id = r.id;

INSERT INTO deployments_deployment (id, environment_id, release_id, artifact_id, kind, reason, override, actor_id, run_id,
                                    plan, digest, created_at, switched_at, live_at, rolled_away, replaced)
SELECT n, e.id, c.release, c.artifact, 'promote', 'Because.', '', {user}, n, '{{}}', '', now(), now(), now(), false, '[]'
FROM generate_series(1, {deployments}) n
JOIN places e ON e.place = n % (SELECT count(*) FROM places)
JOIN choices c ON c.product_id = e.product_id AND c.place = n / 500 % {releases};

INSERT INTO deployments_environmentstate (environment_id, running_id, live_id)
SELECT environment_id, max(id), max(id) FROM deployments_deployment GROUP BY environment_id;
UPDATE products_environment SET distribution_id = 'E1BENCH' || id;
"""


def measure(owner: Owner, deployments: int = DEPLOYMENTS) -> Iterator[Row]:
    """The rows of the matrix and of the plan."""
    client, user = release_manager()
    owner.execute(FILL.format(user=user, releases=RELEASES_PER_PRODUCT, deployments=deployments).encode())
    owner.execute("VACUUM ANALYZE")
    yield p95(
        f"matrix, 100 x 5 environments, {deployments:,} deployments, p95",
        MATRIX_BAR,
        lambda: get(client, "/"),
    )
    yield against("queries of the matrix", queries(client, "/"), MATRIX_QUERIES, LIMIT, 1)
    address = _large_plan()
    yield p95(f"plan of {FILES:,} files, p95", PLAN_BAR, lambda: get(client, address))


def p95(what: str, bar: float, ask: Callable[[], float]) -> Row:
    """A row of the time that all but one in twenty requests stay below, in seconds."""
    ask()
    return against(what, quantiles([ask() for _ in range(REQUESTS)], n=20)[-1], bar, LIMIT, 1)


def release_manager() -> tuple[Client, int]:
    """A client that is signed in, and the primary key of whom."""
    from users.models import User
    from users.permissions import Role

    client = Client()
    user = User.objects.create_user("release-manager", role=Role.RELEASE_MANAGER)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client, user.pk


def _large_plan() -> str:
    """Two releases of 20,000 files of which one in five differs; one runs, the other's plan is asked for."""
    from deployments.models import Deployment, Release, StoredManifest

    running, coming = Release.objects.filter(product__slug="product-0").order_by("id")[:2]
    for release, version in ((running, "a"), (coming, "b")):
        artifact = release.artifacts.get()
        StoredManifest.objects.create(artifact=artifact, body=_manifest(version))
    latest = Deployment.objects.filter(
        environment__product__slug="product-0", environment__name="dev"
    ).latest("id")
    Deployment.objects.filter(pk=latest.pk).update(release=running, artifact=running.artifacts.get())
    return f"/products/product-0/environments/dev/promote/{coming.version}/"


def _manifest(version: str) -> bytes:
    from hashlib import sha256

    from deployments.manifest import Manifest, describe

    files = []
    for n in range(FILES):
        text = f"{n} {version if n % 5 == 0 else ''}"
        digest = sha256(text.encode()).hexdigest()
        path = f"static/js/part-{n}.{digest[:8]}.chunk.js" if n else "index.html"
        files.append(describe(path, size=1000 + n, sha256=digest, md5=digest[:32], kind="app"))
    return Manifest.of(files).to_bytes()
