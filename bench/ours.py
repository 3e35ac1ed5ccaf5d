"""What the console does: releases and deployments in rows, their steps done by the runner in this warm process.

Measured are the steps that the peers have too, from lease to saved result. The others, which ask CloudFront and the
edge, are skipped: the simulator has neither. The archive and the environment are buckets of one account, as in the
document's media account.
"""

import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from aws.access import Access, connect
from aws.lease import Unleased, unrecorded
from bench.simulator import ARCHIVE, ENVIRONMENT
from deployments import spool
from deployments.models import Delivered, EnvironmentState, Release
from deployments.services.promote import promote
from deployments.services.register import register
from products.models import Account, AccountRole, Environment, Kind, Product, Purpose, Tier
from runs import runner
from runs.claim import DUE, next_step
from runs.models import Run, RunState, RunStep, StepState
from users.models import User
from users.permissions import Role

ACCOUNT = "222222222222"
ELSEWHERE = ("fetch", "check", "invalidate", "verify")
PIECE = 1024 * 1024


@dataclass(frozen=True)
class Took:
    """Seconds and objects written of the measured steps, and megabytes that the process grew in them at most."""

    seconds: float = 0.0
    written: int = 0
    grown: int = 0

    def __add__(self, other: "Took") -> "Took":
        seconds, written = self.seconds + other.seconds, self.written + other.written
        return Took(seconds, written, max(self.grown, other.grown))


class Shop:
    """One product with one environment, and who registers and promotes."""

    def __init__(self) -> None:
        account, _ = Account.objects.get_or_create(aws_id=ACCOUNT, name="media", tier=Tier.NONPROD)
        role = {"role_arn": f"arn:aws:iam::{ACCOUNT}:role/deploy", "external_id": "bench"}
        AccountRole.objects.get_or_create(account=account, purpose=Purpose.DEPLOY, defaults=role)
        archive = {"artifact_account": account, "artifact_bucket": ARCHIVE, "domain": "example.com"}
        self.product, _ = Product.objects.get_or_create(slug="bench", name="Bench", defaults=archive)
        place = {"kind": Kind.APP, "position": 0, "frontend_account": account, "bucket": ENVIRONMENT}
        self.environment, _ = Environment.objects.get_or_create(
            product=self.product, name="test", defaults={**place, "distribution_id": "E1BENCHBENCH"}
        )
        self.person, _ = User.objects.get_or_create(username="ci", role=Role.RELEASE_MANAGER)

    def ingest(self, tree: str, release: str, measured: str = "archive") -> Took:
        """Register a build and put it into the archive; measured is one step, the upload or the check of the zip."""
        with TemporaryDirectory() as folder:
            packed = _pack(Path(tree), Path(folder, "build.zip"))
            stored = spool.store(_pieces(packed))
        made = register(
            actor=self.person,
            product=self.product,
            version=release,
            artifacts={self.environment.name: stored},
        )
        return _carry_out(made.run, skipped=(), measured=(measured,))

    def deploy(self, release: str) -> Took:
        """Promote a release; measured are the copying of assets and the writing of entry points."""
        wanted = Release.objects.get(product=self.product, version=release)
        made = promote(actor=self.person, environment=self.environment, release=wanted, reason="Measured.")
        self._sign_in(made.run)
        return _carry_out(made.run, skipped=ELSEWHERE, measured=("copy", "switch"))

    def _sign_in(self, run: Run) -> None:
        """Take the account's role for this Run, as its first step, the check, has done before the measured ones."""
        role = AccountRole.objects.get(account__aws_id=ACCOUNT)
        connect(
            Access(ACCOUNT, role.account.region, role.role_arn, role.external_id),
            session_name=f"console-run-{run.pk}",
            source_identity=self.person.username,
            lease=Unleased(),
            record=unrecorded,
        )

    def forget(self) -> Took:
        """Drop what is known of the environment, whose bucket was emptied."""
        Delivered.objects.filter(environment=self.environment).delete()
        EnvironmentState.objects.filter(environment=self.environment).update(
            running=None, live=None, failed=None
        )
        return Took()


def _carry_out(run: Run | None, *, skipped: tuple[str, ...], measured: tuple[str, ...]) -> Took:
    """Do all steps of a Run, those that are tried again too. Raises RuntimeError when it fails."""
    assert run is not None
    run.steps.filter(name__in=skipped).update(state=StepState.SKIPPED)
    took = Took()
    while (row := next_step(run)) is not None:
        done = _advance(run)
        took += done if row.name in measured else Took()
        run.refresh_from_db()
        if run.state == RunState.FAILED:
            raise RuntimeError(f"{run.title} failed: {run.error}")
    outputs = RunStep.objects.filter(run=run, name__in=measured).values_list("output", flat=True)
    written = sum(output.get("written", output.get("files", 0)) for output in outputs)
    return took + Took(written=written)


def _advance(run: Run) -> Took:
    """One try of the Run's next step, when it is due."""
    while not Run.objects.filter(DUE, pk=run.pk).exists():
        time.sleep(0.01)
    Path("/proc/self/clear_refs").write_text("5")
    idle, started = _memory("VmRSS"), time.perf_counter()
    runner.advance(run.pk)
    return Took(seconds=time.perf_counter() - started, grown=_memory("VmHWM") - idle)


def _memory(name: str) -> int:
    """Megabytes that the kernel counts for this process: VmRSS now, VmHWM at most since the last reset."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) // 1024
    raise RuntimeError(f"The kernel says no {name} for this process.")


def _pack(tree: Path, to: Path) -> Path:
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(tree.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(tree).as_posix())
    return to


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
