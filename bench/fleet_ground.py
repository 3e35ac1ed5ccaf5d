"""Where back ends are measured: the document's estate on a strict emulated cloud, with a Valkey for the pace."""

import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from django.conf import settings

from aws.access import Access, connect
from aws.lease import Unleased, unrecorded
from bench.cloud import Cloud, carry_out, emulated_cloud
from bench.database import CHECKOUT
from bench.fleet import ENVIRONMENT
from bench.peers import aws_cli
from deployments import spool
from deployments.models import HandlerChange, HandlerState, Release
from deployments.selectors.plans import plan_for
from deployments.services.observe import look_at
from deployments.services.promote import promote, rollback
from deployments.services.register import register
from products.models import Environment, Purpose
from runs.models import Run
from timcombo_console.estate.importing import import_estate
from timcombo_console.supervisor.home import home_of
from timcombo_console.supervisor.process import Process
from timcombo_console.supervisor.valkey import valkey_in
from users.models import User
from users.permissions import Role

ESTATE = CHECKOUT / "estates" / "tim-combo.yaml"
MOMENT = (1980, 1, 1, 0, 0, 0)
UPDATE = ("lambda", "update-function-code")


class Ground:
    """The fleet of an environment that is called by alias, and who deploys to it."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        import_estate(actor=None, text=ESTATE.read_text(), name=ESTATE.name)
        rows = Environment.objects.select_related("product", "backend_account", "config", "requires")
        self.environment = rows.get(product__slug="tim-combo", name=ENVIRONMENT)
        self.person = User.objects.create(username="ci", role=Role.RELEASE_MANAGER)
        self.names = ESTATE.with_suffix(".handlers.txt").read_text().split()
        self._texts = ["1"] * len(self.names)
        carry_out(look_at(actor=None, environment=self.environment))

    def ingest(self, version: str, changed: int) -> Release:
        """A checked release whose first `changed` handlers hold new code, the others that of the release before."""
        self._texts = [version] * changed + self._texts[changed:]
        stored = spool.store([_artifact(self.names, self._texts)])
        made = register(
            actor=self.person,
            product=self.environment.product,
            version=version,
            artifacts={"backend": stored},
        )
        assert made.run is not None
        carry_out(made.run)
        return Release.objects.select_related("product").get(pk=made.pk)

    def plan(self, release: Release) -> object:
        return plan_for(self.environment, release, wanted="backend")

    def deploy(self, release: Release) -> tuple[float, dict[str, int]]:
        """Seconds of a whole promotion, and the calls that it made of Lambda."""
        made = promote(
            actor=self.person,
            environment=self.environment,
            release=release,
            reason="Measured.",
            half="backend",
        )
        return self._measured(made.run)

    def roll_back(self) -> tuple[float, dict[str, int]]:
        """The same of a rollback to the release before."""
        made = rollback(actor=self.person, environment=self.environment, reason="Measured.", half="backend")
        return self._measured(made.run)

    def _measured(self, run: Run) -> tuple[float, dict[str, int]]:
        since, started = self._cloud.next_call(), time.perf_counter()
        carry_out(run)
        return time.perf_counter() - started, self._counted(since)

    def failed(self) -> int:
        """Handlers that could not be brought on, in all deployments."""
        return HandlerChange.objects.filter(state=HandlerState.FAILED).count()

    def loop(self, count: int) -> float:
        """Seconds that the AWS CLI takes to update so many functions, one after the other."""
        prefix, keys = self.environment.function_prefix, self._keys()
        with tempfile.NamedTemporaryFile(suffix=".zip") as file:
            file.write(_zip({"index.mjs": b"// the loop's"}))
            file.flush()
            started = time.perf_counter()
            for name in self.names[:count]:
                parameters = ["--function-name", prefix + name, "--zip-file", f"fileb://{file.name}"]
                aws_cli(keys, "--endpoint-url", self._cloud.endpoint, *UPDATE, *parameters)
            return time.perf_counter() - started

    def _keys(self) -> dict[str, str]:
        """The deploying role of the back end's account, as a person would have taken it."""
        account = self.environment.backend_account
        assert account is not None
        role = account.roles.get(purpose=Purpose.DEPLOY)
        access = Access(account.aws_id, account.region, role.role_arn, role.external_id)
        keys = connect(access, session_name="loop", lease=Unleased(), record=unrecorded).credentials()
        return {
            "AWS_ACCESS_KEY_ID": keys.access_key or "",
            "AWS_SECRET_ACCESS_KEY": keys.secret_key or "",
            "AWS_SESSION_TOKEN": keys.token or "",
        }

    def _counted(self, since: int) -> dict[str, int]:
        """Lambda's control-plane calls since then: all, those that changed something, those that were throttled."""
        found = [call for call in self._cloud.calls(since) if call["service"] == "lambda"]
        writing = ("UpdateFunctionCode", "PublishVersion", "UpdateAlias", "CreateAlias")
        done = [call for call in found if call["code"] is None]
        return {
            "calls": len(found),
            "writes": sum(call["operation"] in writing for call in done),
            "throttled": sum(call["status"] == 429 for call in found),
        }


@contextmanager
def ground() -> Iterator[Ground]:
    """All of it, started for the block."""
    with emulated_cloud(ESTATE) as cloud, _pace(), tempfile.TemporaryDirectory() as folder:
        settings.CONSOLE_SPOOL = Path(folder)
        yield Ground(cloud)


@contextmanager
def _pace() -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="timcombo-bench-") as folder:
        server = valkey_in(home_of(CHECKOUT), "bench/valkey")
        process = Process(server.command(), Path(folder) / "valkey.log")
        process.start()
        process.wait_ready(server.ready, 20)
        settings.REDIS_URL = server.url
        try:
            yield
        finally:
            process.stop()


def _artifact(names: Sequence[str], texts: Sequence[str]) -> bytes:
    listed = "handlers:\n" + "".join(f"  - name: {name}\n    file: {name}.zip\n" for name in names)
    zips = {
        f"{name}.zip": _zip({"index.mjs": f"export const handler = () => '{name} {text}'".encode()})
        for name, text in zip(names, texts, strict=True)
    }
    return _zip({"handlers.yaml": listed.encode(), **zips})


def _zip(files: dict[str, bytes]) -> bytes:
    body = BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, MOMENT), content)
    return body.getvalue()
