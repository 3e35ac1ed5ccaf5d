"""A product on its way: the estate, its people, and releases that were registered and checked, ready to be promoted.

Folders whose conftest names `prepared.database` as their `template` clone it for each test: `world` needs that.
"""

import os
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

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
HOSTS = {
    "dev": "dev.tim-combo.com",
    "test": "test.tim-combo.com",
    "stage": "stage.tim-combo.com",
    "static": "tim-combo.com",
}
INVALIDATION_SECONDS = 0.1

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

    def __init__(
        self, cloud: CloudProcess, tokens: dict[str, str], archive: Mapping[str, bytes] = MappingProxyType({})
    ) -> None:
        self.cloud, self.tokens, self._archive = cloud, tokens, archive
        self.api = Api(tokens["release-manager"])

    def api_of(self, person: str) -> Api:
        return Api(self.tokens[person])

    def stock(self, *versions: str) -> None:
        """Put releases into the archive of the fresh cloud, as their ingest left them."""
        from deployments.models import Release

        pks = Release.objects.filter(version__in=versions or SMALL).values_list("pk", flat=True)
        prefixes = tuple(f"releases/{PRODUCT}/{pk}/" for pk in pks)
        s3 = self.cloud.client("s3")
        wanted = {key: body for key, body in self._archive.items() if key.startswith(prefixes)}
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

    def plan(self, version: str, environment: str = "test") -> Answer:
        found = self.api.post(f"products/{PRODUCT}/environments/{environment}/plan", {"version": version})
        assert found.status == 200, found.body
        return found

    def ingest(self, version: str) -> Answer:
        """Check a registered release in this process; its release as the API shows it."""
        from deployments.models import Release
        from runs import runner

        run = Release.objects.get(version=version).run
        while run and runner.advance(run.pk):
            pass
        return self.release(version)

    def release(self, version: str) -> Answer:
        return self.api.get(f"products/{PRODUCT}/releases/{version}")

    def visit(self, path: str, environment: str = "test") -> Answer:
        """What a visitor gets, as text."""
        connection = HTTPConnection(urlsplit(self.cloud.edge_url).netloc, timeout=20)
        connection.request("GET", path, headers={"Host": HOSTS[environment]})
        with closing(connection), connection.getresponse() as found:
            return Answer(found.status, found.read().decode())

    def settle(self) -> None:
        """Wait until the edge has forgotten what it was asked to forget."""
        time.sleep(2 * INVALIDATION_SECONDS)

    def fail(self, answer: Answer, step: str) -> None:
        """Let the step that comes next fail for good."""
        from runs.claim import claim, fail
        from runs.models import Run

        run = Run.objects.get(deployment=answer["id"])
        taken = claim(run.pk)
        assert taken is not None
        assert taken.row.name == step
        fail(taken.run, taken.row, "The worker's host burned down.")

    def environment(self, name: str = "test") -> Any:
        found = self.api.get(f"products/{PRODUCT}/environments")["items"]
        return next(one for one in found if one["name"] == name)

    def deployment(self, pk: int) -> Answer:
        return self.api.get(f"deployments/{pk}")

    def step(self, answer: Answer, name: str) -> str:
        """The status of a deployment's step now."""
        steps = self.deployment(answer["id"])["steps"]
        return next(str(step["status"]) for step in steps if step["name"] == name)

    def work(self, answer: Answer, seconds: float = 60) -> Answer:
        """Carry out a promotion or rollback that was accepted, in this process, to its end."""
        assert answer.status == 202, answer.body
        return self.carry_out(answer["id"], seconds)

    def carry_out(self, pk: int, seconds: float = 60) -> Answer:
        """Do what is left of a deployment, in this process, to its end; what it waits for comes sooner."""
        from runs import runner
        from runs.models import Run
        from tests.runs.rows import be_due

        run = Run.objects.get(deployment=pk)
        end = time.monotonic() + seconds
        while run.is_active:
            assert time.monotonic() < end, f"run {run.pk} waits for: {run.waiting_for}"
            while runner.advance(run.pk):
                pass
            be_due(run)
            run.refresh_from_db()
        return self.deployment(pk)

    def do_before(self, answer: Answer, step: str) -> None:
        """Do the steps of a deployment that come before this one, in this process."""
        from runs import runner
        from runs.claim import next_step
        from runs.models import Run

        run = Run.objects.get(deployment=answer["id"])
        while (row := next_step(run)) and row.name != step:
            assert runner.advance(run.pk), run.error

    def live(self, version: str, environment: str = "test", **more: str) -> Answer:
        """Promote and carry out; it must end live."""
        ended = self.work(self.promote(version, environment, **more))
        assert ended["status"] == "live", ended["error"]
        return ended

    def bucket(self, environment: str = "test") -> str:
        from products.models import Environment

        return Environment.objects.get(product__slug=PRODUCT, name=environment).bucket

    def archived(self, version: str, path: str) -> str:
        """The key of a file of a release for apps in the archive."""
        from deployments.models import Artifact

        artifact = Artifact.objects.select_related("release__product").get(
            release__version=version, target="any"
        )
        return artifact.prefix + path

    def objects(self, environment: str = "test") -> dict[str, str]:
        """Key to ETag of all objects of an environment."""
        pages = (
            self.cloud.client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket(environment))
        )
        return {one["Key"]: one["ETag"].strip('"') for page in pages for one in page.get("Contents", ())}

    def prober(self, environment: str = "test") -> Prober:
        return Prober(self.cloud.edge_url, HOSTS[environment], self.contents())

    def contents(self) -> dict[str, dict[str, str]]:
        """Per version the sha256 of every path of its artifact for apps."""
        from deployments.models import Artifact
        from deployments.selectors.releases import manifest_of

        artifacts = Artifact.objects.filter(target=Artifact.ANY, stored__isnull=False).select_related(
            "release"
        )
        return {a.release.version: {f.path: f.sha256 for f in manifest_of(a).files} for a in artifacts}


def index_writes(world: World, since: int) -> list[str]:
    """What became of each attempt to write an `index.html` since then: `done`, or AWS's code."""
    calls = world.cloud.calls(since, "s3", "CopyObject")
    return [call["code"] or "done" for call in calls if call["resource"].endswith("/index.html")]


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
        world = World(cloud_process, _estate_and_people())
        for version, artifacts in BUILDS.items():
            assert world.api.register(version, **artifacts).status == 202
            assert world.ingest(version)["status"] == "ready"
    return Prepared(name, world.tokens, _everything_in(cloud_process, ARCHIVE))


def _be_a_worker(patch: pytest.MonkeyPatch, cloud: CloudProcess) -> None:
    from aws import sessions

    sessions._sessions.clear()
    for variable, value in cloud.env().items():
        patch.setenv(variable, value)
    patch.setattr(console, "CONSOLE_EDGE", cloud.edge_url)


def _estate_and_people() -> dict[str, str]:
    from timcombo_console.demo.seed import seed_people
    from timcombo_console.estate.importing import import_estate

    import_estate(actor=None, text=ESTATE.read_text(), name=ESTATE.name)
    return {login.name: login.api_token for login in seed_people()}


def _everything_in(cloud: CloudProcess, bucket: str) -> dict[str, bytes]:
    s3 = cloud.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [one["Key"] for page in pages for one in page["Contents"]]
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(keys, pool.map(lambda key: _body(s3, bucket, key), keys), strict=True))


def _body(s3: Any, bucket: str, key: str) -> bytes:
    body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


@pytest.fixture
def world(
    cloned_database: "Clone", cloud: CloudProcess, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """The console and a fresh cloud whose invalidations are quick. `stock` fills the archive."""
    _be_a_worker(monkeypatch, cloud)
    cloud.settings(invalidation_seconds=INVALIDATION_SECONDS)
    yield World(cloud, prepared.tokens, prepared.archive)
    cloud.settings(invalidation_seconds=1.5, deploy_seconds=1.5)


def worker_env(cloud: CloudProcess) -> dict[str, str]:
    """What a real worker needs besides its database and broker."""
    return {**cloud.env(), "CONSOLE_EDGE": cloud.edge_url, "CONSOLE_VAR": os.environ["CONSOLE_VAR"]}
