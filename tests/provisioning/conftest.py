"""The estate's rows on the emulated cloud, and what tests of AWS resources do with them."""

import time
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import pytest

from aws import sessions
from devcloud.identity import WORKER_ARN
from tests.cloud import CloudProcess

if TYPE_CHECKING:
    from tests.workers import Clone

PRODUCT, MEDIA = "tim-combo", "855652006097"


@pytest.fixture(scope="session")
def template(estate_template: str) -> str:
    """What `cloned_database` copies here."""
    return estate_template


class Estate:
    """What these tests do: look, plan, apply; Runs are carried out in this process."""

    def __init__(self, cloud: CloudProcess) -> None:
        from users.models import User
        from users.permissions import Role

        self.cloud, self.slug = cloud, PRODUCT
        self.admin = User.objects.get_or_create(
            username="admin", defaults={"display_name": "Admin", "role": Role.ADMIN}
        )[0]

    @property
    def product(self) -> Any:
        from products.models import Product

        return Product.objects.get(slug=self.slug)

    def look(self) -> None:
        run = self.carry_out(self._begin_look())
        assert run.state == "succeeded", run.error

    def _begin_look(self) -> int:
        """Where there are workers, the console may just be looking by itself: after that."""
        from provisioning.services.look import look_at
        from runs.models import Run
        from runs.services import Busy

        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                return look_at(actor=self.admin, product=self.product).pk
            except Busy as busy:
                other = busy.details["run"]
            while Run.objects.get(pk=other).is_active and time.monotonic() < until:
                time.sleep(0.1)
        raise AssertionError(f"run {other} looks and looks")

    def plan(self, *only: Any) -> Any:
        from provisioning.selectors import plan_of

        return plan_of(self.product, only)

    def apply(self, *only: Any, ticked: Collection[Any] | None = None) -> Any:
        """Have the present plan applied, with all that needs a tick ticked; the Run is still to be carried out."""
        from provisioning.services.apply import apply_plan

        plan = self.plan(*only)
        every = {change.address for change in plan.changes} if ticked is None else ticked
        return apply_plan(
            actor=self.admin,
            product=self.product,
            digest=plan.digest,
            reason="TC-900",
            ticked=every,
            only=only,
        )

    def carry_out(self, run: int) -> Any:
        """To its end; what it waits for comes sooner."""
        from runs import runner
        from runs.models import Run
        from tests.runs.rows import be_due

        found, until = Run.objects.get(pk=run), time.monotonic() + 60
        while found.is_active:
            assert time.monotonic() < until, found.waiting_for
            while runner.advance(run):
                pass
            be_due(found)
            found.refresh_from_db()
            time.sleep(0.01)
        return found

    def applied(self, *only: Any) -> Any:
        """The plan applied to its end, which must be a good one."""
        run = self.carry_out(self.apply(*only).run_id)
        assert run.state == "succeeded", run.error
        return run

    def adopted(self) -> None:
        """Everything seen, adopted and brought to the settings."""
        self.look()
        self.applied()

    def writes(self, since: int) -> list[str]:
        """The operations since then that changed something, in order."""
        reads = ("Get", "List", "Head", "Describe", "Assume")
        return [c["operation"] for c in self.cloud.calls(since) if not c["operation"].startswith(reads)]

    def state(self, kind: str, name: str) -> str:
        """How a resource stands, as the page says."""
        from provisioning.pages import state_of
        from provisioning.selectors import picture_of

        found = {one.address[::2]: one for one in picture_of(self.product).standings}
        return state_of(found[kind, name])

    @property
    def s3(self) -> Any:
        return self.cloud.client("s3", "media", "estate")

    def new_bucket(self, environment: str, name: str) -> None:
        """Have the environment use a bucket that does not exist yet."""
        from products.models import Environment

        Environment.objects.filter(product__slug=PRODUCT, name=environment).update(bucket=name)


@pytest.fixture
def estate(
    cloud: CloudProcess, cloned_database: "Clone", monkeypatch: pytest.MonkeyPatch, settings: Any
) -> Estate:
    # Each test's Runs count from 1, and a session is known by its Run: one of another test must not be found.
    sessions._sessions.clear()
    for name, value in cloud.env().items():
        monkeypatch.setenv(name, value)
    settings.CONSOLE_DNS = cloud.dns
    return Estate(cloud)


@pytest.fixture
def kept_roles(estate: Estate, settings: Any) -> None:
    """The owners let the console keep its roles: it knows who takes them."""
    settings.CONSOLE_WORKER_PRINCIPAL = WORKER_ARN
