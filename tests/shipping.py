"""A product on its way: the estate, its people, and releases that were registered and checked, ready to be promoted.

`tests/journeys` and `tests/faults/deployments` clone their databases from one that holds all of this.
"""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as console
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from tests.builds import app_build, site_build
from tests.cloud import ESTATE, CloudProcess
from tests.databases import SESSION, connected_to
from tests.prober import Prober
from timcombo_console.supervisor.schema import clone

if TYPE_CHECKING:
    from tests.workers import Clone

PRODUCT = "tim-combo"
OWN_ROBOTS = "User-agent: *\nDisallow: /\n"
ARCHIVE = "tim-releases-855652006097"
HOST = "{environment}.tim-combo.com"

BUILDS = {
    "1.0.0": {"any": app_build("1.0.0"), "static": site_build("1.0.0", "prices.html")},
    "1.1.0": {"any": app_build("1.1.0", plain=OWN_ROBOTS), "static": site_build("1.1.0", "contact.html")},
    "1.2.0": {"any": app_build("1.2.0", plain=OWN_ROBOTS)},
    "2.0.0": {"any": app_build("2.0.0", 60)},
    "2.1.0": {"any": app_build("2.1.0", 60)},
    "3.0.0": {"any": app_build("3.0.0", 300, changed_every=1)},
}
SMALL = ("1.0.0", "1.1.0", "1.2.0")


@dataclass(frozen=True)
class Prepared:
    """What all these tests begin with: the name of the database, a token per person, and what the archive holds."""

    database: str
    tokens: dict[str, str]
    archive: dict[str, bytes]


@dataclass(frozen=True)
class Answer:
    """An answer of the API."""

    status: int
    body: Any

    def __getitem__(self, name: str) -> Any:
        return self.body[name]


class Api:
    """The API as one person."""

    def __init__(self, token: str) -> None:
        self._client = Client(headers={"authorization": f"Bearer {token}"})

    def get(self, path: str) -> Answer:
        found = self._client.get(f"/api/v1/{path}")
        return Answer(found.status_code, found.json())

    def post(self, path: str, body: Any = None, key: str = "") -> Answer:
        """`key` is the Idempotency-Key."""
        headers = {"idempotency-key": key} if key else {}
        found = self._client.post(
            f"/api/v1/{path}", body or {}, content_type="application/json", headers=headers
        )
        return Answer(found.status_code, found.json())

    def register(self, version: str, **artifacts: bytes) -> Answer:
        """As CI does: one zip per target."""
        from django.core.files.uploadedfile import SimpleUploadedFile

        files = {
            f"artifact.{name}": SimpleUploadedFile(f"{name}.zip", body) for name, body in artifacts.items()
        }
        found = self._client.post(f"/api/v1/products/{PRODUCT}/releases", {"version": version, **files})
        return Answer(found.status_code, found.json())


class World:
    """The console with its rows, and the cloud with an archive. `api` is the release manager's."""

    def __init__(self, cloud: CloudProcess, prepared: Prepared) -> None:
        self.cloud, self._prepared = cloud, prepared
        self.api = Api(prepared.tokens["release-manager"])

    def api_of(self, person: str) -> Api:
        return Api(self._prepared.tokens[person])

    def stock(self, *versions: str) -> None:
        """Put releases into the archive of the fresh cloud, as their ingest left them."""
        from deployments.models import Release

        pks = Release.objects.filter(version__in=versions or SMALL).values_list("pk", flat=True)
        prefixes = tuple(f"releases/{PRODUCT}/{pk}/" for pk in pks)
        s3 = self.cloud.client("s3")
        wanted = {key: body for key, body in self._prepared.archive.items() if key.startswith(prefixes)}
        with ThreadPoolExecutor(4) as pool:
            list(
                pool.map(
                    lambda item: s3.put_object(Bucket=ARCHIVE, Key=item[0], Body=item[1]), wanted.items()
                )
            )

    def promote(self, version: str, environment: str = "test", **more: str) -> Answer:
        body = {"version": version, "reason": "Release train, TC-482", **more}
        return self.api.post(f"products/{PRODUCT}/environments/{environment}/deployments", body)

    def roll_back(self, environment: str = "test", **more: str) -> Answer:
        body = {"reason": "It broke the week view", **more}
        return self.api.post(f"products/{PRODUCT}/environments/{environment}/rollback", body)

    def environment(self, name: str = "test") -> Any:
        found = self.api.get(f"products/{PRODUCT}/environments")["items"]
        return next(one for one in found if one["name"] == name)

    def deployment(self, pk: int) -> Answer:
        return self.api.get(f"deployments/{pk}")

    def work(self, answer: Answer, seconds: float = 60) -> Answer:
        """Carry out a promotion or rollback in this process to its end; what it waits for comes sooner."""
        from runs import runner
        from runs.models import Run
        from tests.runs.rows import be_due

        assert answer.status == 202, answer.body
        run = Run.objects.get(deployment=answer["id"])
        end = time.monotonic() + seconds
        while run.is_active:
            assert time.monotonic() < end, f"run {run.pk} waits for: {run.waiting_for}"
            while runner.advance(run.pk):
                pass
            be_due(run)
            run.refresh_from_db()
        return self.deployment(answer["id"])

    def live(self, version: str, environment: str = "test", **more: str) -> Answer:
        """Promote and carry out; it must end live."""
        ended = self.work(self.promote(version, environment, **more))
        assert ended["status"] == "live", ended["error"]
        return ended

    def bucket(self, environment: str = "test") -> str:
        from products.models import Environment

        return Environment.objects.get(product__slug=PRODUCT, name=environment).bucket

    def objects(self, environment: str = "test") -> dict[str, str]:
        """Key to ETag of all objects of an environment."""
        pages = (
            self.cloud.client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket(environment))
        )
        return {one["Key"]: one["ETag"].strip('"') for page in pages for one in page.get("Contents", ())}

    def prober(self, environment: str = "test") -> Prober:
        return Prober(self.cloud.edge_url, HOST.format(environment=environment), self.contents())

    def contents(self) -> dict[str, dict[str, str]]:
        """Per version the sha256 of every path of its artifact for apps."""
        from deployments.models import Artifact
        from deployments.selectors.releases import manifest_of

        artifacts = Artifact.objects.filter(target=Artifact.ANY, stored__isnull=False).select_related(
            "release"
        )
        return {a.release.version: {f.path: f.sha256 for f in manifest_of(a).files} for a in artifacts}


@pytest.fixture(scope="session")
def prepared(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, cloud_process: CloudProcess
) -> Prepared:
    """Made once: a database with the estate, people and checked releases, and what the archive then held."""
    name = "template_shipping"
    clone(SESSION.cluster, SESSION.template, name)
    cloud_process.reset()
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), connected_to(name):
        _be_a_worker(patch, cloud_process)
        tokens = _people_and_releases()
    return Prepared(name, tokens, _everything_in(cloud_process, ARCHIVE))


def _be_a_worker(patch: pytest.MonkeyPatch, cloud: CloudProcess) -> None:
    from aws import sessions

    sessions._sessions.clear()
    for variable, value in cloud.env().items():
        patch.setenv(variable, value)
    patch.setattr(console, "CONSOLE_EDGE", cloud.edge_url)


def _people_and_releases() -> dict[str, str]:
    from deployments.models import Release
    from runs import runner
    from timcombo_console.demo.seed import seed_people
    from timcombo_console.estate.importing import import_estate

    import_estate(actor=None, text=ESTATE.read_text(), name=ESTATE.name)
    tokens = {login.name: login.api_token for login in seed_people()}
    api = Api(tokens["release-manager"])
    for version, artifacts in BUILDS.items():
        assert api.register(version, **artifacts).status == 202
        release = Release.objects.get(version=version)
        while release.run and runner.advance(release.run.pk):
            pass
        answer = api.get(f"products/{PRODUCT}/releases/{version}")
        assert answer["status"] == "ready", answer.body
    return tokens


def _everything_in(cloud: CloudProcess, bucket: str) -> dict[str, bytes]:
    s3 = cloud.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [one["Key"] for page in pages for one in page["Contents"]]
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(keys, pool.map(lambda key: _body(s3, bucket, key), keys), strict=True))


def _body(s3: Any, bucket: str, key: str) -> bytes:
    body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


@pytest.fixture(scope="session")
def template(prepared: Prepared) -> str:
    """What `cloned_database` copies here."""
    return prepared.database


@pytest.fixture
def world(
    cloned_database: "Clone", cloud: CloudProcess, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """The console and a fresh cloud whose invalidations are quick. `stock` fills the archive."""
    _be_a_worker(monkeypatch, cloud)
    cloud.settings(invalidation_seconds=0.1)
    yield World(cloud, prepared)
    cloud.settings(invalidation_seconds=1.5, session_seconds=43_200.0)


def worker_env(cloud: CloudProcess) -> dict[str, str]:
    """What a real worker needs besides its database and broker."""
    return {**cloud.env(), "CONSOLE_EDGE": cloud.edge_url, "CONSOLE_VAR": os.environ["CONSOLE_VAR"]}
