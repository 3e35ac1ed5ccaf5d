"""The product's back ends: functions in the development account called as `$LATEST`, in the sandbox by alias."""

import time
from collections.abc import Collection, Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.utils import timezone

from tests.cloud import ESTATE
from tests.deployments.fleets import artifact, code, handlers_yaml
from tests.shipping import BUILDS, PRODUCT, Answer, World

NAMES = tuple(ESTATE.with_suffix(".handlers.txt").read_text().split()[:6])
"""The handlers of these tests' releases; the fleets have more, which the releases do not hold."""
UNLIMITED = 100.0
"""The console's share of AWS's limits, where a test is not about them."""
ACCOUNTS = {"dev": ("development", "tim-dev-"), "test": ("sandbox", "tim-sb-")}


def digest(name: str, version: str) -> str:
    """The sha256 of a handler's zip."""
    return sha256(code(name, version)).hexdigest()


class FleetWorld:
    """What these tests do: register back ends, deploy them, look at the functions in AWS."""

    def __init__(self, world: World) -> None:
        self.world, self.cloud = world, world.cloud

    def register(
        self,
        version: str,
        changed: Collection[str] = NAMES,
        *,
        says: str = "",
        front: str = "",
        architecture: str = "x86_64",
    ) -> None:
        """A release whose `changed` handlers say this version, or what it `says`, and the others "1"; with the app of
        release `front`."""
        zips = {name: code(name, (says or version) if name in changed else "1") for name in NAMES}
        listed = handlers_yaml(zips, architecture=architecture)
        front_end = {"any": BUILDS[front]["any"]} if front else {}
        made = self.world.api.register(version, backend=artifact(zips, listed), **front_end)
        assert made.status == 202, made.body
        ingested = self.world.ingest(version)
        assert ingested["status"] == "ready", ingested["reasons"]

    def observe(self, environment: str = "test") -> None:
        """Look at the fleet and at the way back, as the schedule does."""
        from deployments.services.observe import look_at, look_back
        from products.models import Environment
        from runs import runner

        row = Environment.objects.select_related("product", "backend_account").get(
            product__slug=PRODUCT, name=environment
        )
        for look in (look_at, look_back):
            run = look(actor=None, environment=row)
            until = time.monotonic() + 30
            while run.is_active and time.monotonic() < until:
                # Where there are workers, one of them may have it.
                time.sleep(0 if runner.advance(run.pk) else 0.02)
                run.refresh_from_db()
            assert run.state == "succeeded", run.error

    def plan(self, version: str, environment: str = "test", half: str = "") -> Answer:
        body = {"version": version, "half": half}
        return self.world.api.post(f"products/{PRODUCT}/environments/{environment}/plan", body)

    def live(self, version: str, environment: str = "test", half: str = "backend") -> Answer:
        """Promote and carry out; it must end live."""
        ended = self.world.work(self.world.promote(version, environment, half=half))
        assert ended["status"] == "live", ended["error"]
        return ended

    def lambda_of(self, environment: str = "test") -> Any:
        return self.cloud.client("lambda", ACCOUNTS[environment][0])

    def function(self, name: str, environment: str = "test") -> str:
        return ACCOUNTS[environment][1] + name

    def served(self, environment: str = "test") -> dict[str, str]:
        """By handler, the version of `code` that callers get; its digest when it is none of these tests' codes."""
        return {name: self._served(name, environment) for name in NAMES}

    def _served(self, name: str, environment: str) -> str:
        import base64

        qualifier = {"Qualifier": "live"} if environment == "test" else {}
        found = self.lambda_of(environment).get_function(
            FunctionName=self.function(name, environment), **qualifier
        )
        sha = base64.b64decode(found["Configuration"]["CodeSha256"]).hex()
        versions = ("1", "6.0.0", "7.0.0", *(f"5.{number}.0" for number in range(9)))
        known = {digest(name, version): version for version in versions}
        return known.get(sha, sha)

    def writes(self, since: int) -> list[str]:
        """The Lambda operations since then that changed something, in order."""
        writing = {"UpdateFunctionCode", "PublishVersion", "UpdateAlias", "CreateAlias"}
        calls = self.cloud.calls(since, "lambda")
        return [c["operation"] for c in calls if c["operation"] in writing and c["code"] is None]

    def break_next(self, name: str, environment: str = "test", **more: Any) -> None:
        """Have AWS fail to take over the next code of this handler."""
        body = {
            "account": self.cloud.accounts[ACCOUNTS[environment][0]]["aws_id"],
            "function": self.function(name, environment),
            "reason_code": "KMSAccessDenied",
            "count": 1,
            **more,
        }
        self.cloud.control("POST", "/lambda/fail", body)

    def fare(self, name: str, version: str = "", environment: str = "dev", **numbers: float) -> None:
        """What CloudWatch tells per minute of this handler (errors, throttles, invocations), or of this code of it."""
        import base64

        code = base64.b64encode(bytes.fromhex(digest(name, version))).decode() if version else ""
        account, prefix = ACCOUNTS[environment]
        about = {"account": self.cloud.accounts[account]["aws_id"], "function": prefix + name}
        self.cloud.control("POST", "/lambda/errors", {**about, **numbers, "code_sha256": code})

    def budget(self, environment: str, handlers: int) -> None:
        """Let so many handlers of a deployment fail without taking the others back."""
        from products.models import Environment

        rows = Environment.objects.filter(product__slug=PRODUCT, name=environment)
        assert rows.update(failure_budget=handlers) == 1

    def again(self, failed: Answer, name: str = "") -> Answer:
        """Retry it, or only this handler, and carry it out to its end."""
        path = f"deployments/{failed['id']}" + (f"/handlers/{name}" if name else "")
        answer = self.world.api.post(f"{path}/retry", {"reason": "Mended"})
        assert answer.status == 202, answer.body
        return self.world.carry_out(failed["id"])

    def edited(self, environment: str = "test") -> dict[str, list[str]]:
        """By handler, the fields that are said to be edited by hand; `observe` looks first."""
        from deployments.models import Fleet
        from deployments.selectors.fleets import edited_by_hand

        fleet = Fleet.objects.get(prefix=ACCOUNTS[environment][1])
        return {name: [edit.field for edit in edits] for name, edits in edited_by_hand(fleet).items()}

    def age(self, deployment: int) -> None:
        """As if the deployment's handlers were last looked at long ago."""
        from deployments.models import HandlerChange

        HandlerChange.objects.filter(deployment=deployment).update(
            changed_at=timezone.now() - timedelta(hours=1)
        )

    def edit_by_hand(self, name: str, environment: str = "test") -> None:
        """Somebody uploads other code in AWS's own console."""
        functions = self.lambda_of(environment)
        functions.update_function_code(
            FunctionName=self.function(name, environment), ZipFile=code(name, "by hand")
        )


@pytest.fixture
def handlers_there() -> int:
    """Enough for a second page of AWS's list; each look at a fleet asks for every one."""
    return 60


@pytest.fixture
def fleet_world(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[FleetWorld]:
    """Both fleets looked at; calls are not limited, so that tests are quick, and waves are watched for a moment."""
    settings.CONSOLE_WAVE_SECONDS, settings.CONSOLE_LAMBDA_SHARE = 0.05, UNLIMITED
    monkeypatch.setenv("CONSOLE_LAMBDA_SHARE", str(UNLIMITED))
    world.cloud.settings(lambda_rate=0, update_seconds=0.05)
    found = FleetWorld(world)
    found.observe("test")
    yield found
    world.cloud.settings(lambda_rate=15, update_seconds=0.2)
