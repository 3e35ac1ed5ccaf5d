"""`/api/v1` as CI uses it: every call beside its refusals. Runs do not move here; journeys see them through."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from audit.models import Event
from deployments.models import Deployment, EnvironmentState, Release
from products.models import Environment, Product
from runs.models import RunScope, RunState
from tests.deployments.rows import end, environment, estate, live, packed, ready
from tests.examples import person
from users.models import User
from users.permissions import Role
from users.tokens import issue

pytestmark = pytest.mark.django_db

API = "/api/v1"
TIM = f"{API}/products/tim-combo"


class Caller:
    """A program with one token."""

    def __init__(self, user: User, scopes: list[str]) -> None:
        _, raw = issue(actor=None, user=user, name="test", scopes=scopes, days=1)
        self._client = Client(headers={"Authorization": f"Bearer {raw}"})

    def get(self, path: str, **query: Any) -> HttpResponse:
        return self._client.get(path, query)  # type: ignore[return-value]

    def post(self, path: str, body: Any = None, key: Any = "", **more: Any) -> HttpResponse:
        headers = {"Idempotency-Key": key} if key else {}
        if more:
            return self._client.post(path, more, headers=headers)  # type: ignore[return-value]
        return self._client.post(path, body or {}, content_type="application/json", headers=headers)  # type: ignore[return-value]

    def put(self, path: str, body: Any) -> HttpResponse:
        return self._client.put(path, body, content_type="application/json")  # type: ignore[return-value]


def code(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json"
    problem = json.loads(answer.content)
    assert problem["status"] == answer.status_code
    return answer.status_code, problem["code"]


def body(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return json.loads(answer.content)


@pytest.fixture
def product() -> Product:
    return estate()


@pytest.fixture
def manager() -> User:
    return person(Role.RELEASE_MANAGER)


@pytest.fixture
def ci(manager: User) -> Caller:
    return Caller(manager, ["read", "releases", "deployments"])


@pytest.fixture
def dev(product: Product) -> Environment:
    return environment(product, "dev")


@pytest.fixture(autouse=True)
def spool(settings: Any, tmp_path: Path) -> Path:
    settings.CONSOLE_SPOOL = tmp_path
    return tmp_path


def zipped(name: str = "app.zip", text: str = "hello") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, packed({"index.html": text}), "application/zip")


def test_without_a_token_there_is_nothing(product: Product) -> None:
    answer = Client().get(f"{API}/products")
    assert code(answer) == (401, "unauthenticated")
    assert answer["WWW-Authenticate"] == "Bearer"
    assert code(Client(headers={"Authorization": "Bearer tcc_wrong"}).get(f"{API}/products")) == (
        401,
        "unauthenticated",
    )


def test_the_description_is_there() -> None:
    found = Client().get(f"{API}/openapi.json")
    assert found.status_code == 200
    assert f"{API}/products/{{slug}}/releases" in found.json()["paths"]


def test_products_and_environments(ci: Caller, dev: Environment) -> None:
    found = body(ci.get(f"{API}/products"))
    assert found["next"] is None
    assert {
        "slug": "tim-combo",
        "name": "Tim-Combo",
        "domain": "tim-combo.com",
        "environments": ["dev", "test", "stage", "prod", "static"],
    } in found["items"]
    first = body(ci.get(f"{TIM}/environments"))["items"][0]
    assert first == {
        "name": "dev",
        "kind": "app",
        "hostnames": ["dev.tim-combo.com"],
        "protected": False,
        "running": None,
        "live": None,
        "active_deployment": None,
        "state": "never",
        "config_revision": 1,
        "way_back": None,
        "health": None,
        "alarms": 0,
        "findings": [],
    }
    assert code(ci.get(f"{API}/products/nothing/environments")) == (404, "not_found")


def test_lists_are_paged(ci: Caller, product: Product, manager: User) -> None:
    for n in range(3):
        ready(product, f"1.{n}.0", manager)
    page = body(ci.get(f"{TIM}/releases", limit=2))
    assert [item["version"] for item in page["items"]] == ["1.2.0", "1.1.0"]
    rest = body(ci.get(f"{TIM}/releases", limit=2, cursor=page["next"]))
    assert ([item["version"] for item in rest["items"]], rest["next"]) == (["1.0.0"], None)
    assert code(ci.get(f"{TIM}/releases", limit=0)) == (422, "invalid")
    assert code(ci.get(f"{TIM}/releases", cursor="x")) == (422, "invalid")


def test_a_build_is_registered_once(ci: Caller, product: Product, spool: Path) -> None:
    made = body(ci.post(f"{TIM}/releases", version="1.0.0", commit="abc", **{"artifact.any": zipped()}), 202)
    assert (made["version"], made["status"], made["bad"], made["running_in"]) == (
        "1.0.0",
        "ingesting",
        False,
        [],
    )
    assert [a["target"] for a in made["artifacts"]] == ["any"]
    assert len(list(spool.iterdir())) == 1
    again = body(ci.post(f"{TIM}/releases", version="1.0.0", **{"artifact.any": zipped()}), 202)
    assert again["created_at"] == made["created_at"]
    assert len(list(spool.iterdir())) == 1, "what is not needed is not kept"
    other = ci.post(f"{TIM}/releases", version="1.0.0", **{"artifact.any": zipped(text="other")})
    assert code(other) == (409, "version_exists")
    assert len(list(spool.iterdir())) == 1


def test_a_rejected_registration_is_replaced(ci: Caller, product: Product) -> None:
    body(ci.post(f"{TIM}/releases", version="1.0.0", **{"artifact.any": zipped()}), 202)
    Release.objects.update(status="rejected", reasons=[{"path": None, "text": "It is empty."}])
    found = body(ci.get(f"{TIM}/releases/1.0.0"))
    assert found["reasons"] == [{"text": "It is empty."}]
    RunScope.objects.all().delete()
    made = body(ci.post(f"{TIM}/releases", version="1.0.0", **{"artifact.any": zipped(text="better")}), 202)
    assert made["status"] == "ingesting"
    assert Event.objects.filter(
        action="release.register", summary__contains="in place of a rejected one"
    ).exists()


def test_a_registration_must_hold_together(ci: Caller, product: Product, spool: Path) -> None:
    for fields in (
        {"version": "no spaces please", "artifact.any": zipped()},
        {"version": "1.0.0"},
        {"version": "1.0.0", "artifact.moon": zipped()},
        {"version": "1.0.0", "file": zipped()},
    ):
        assert code(ci.post(f"{TIM}/releases", **fields)) == (422, "invalid")
    wrong = {"version": "1.0.0", "artifacts": {"any": {"key": "elsewhere/a.zip", "sha256": "0" * 64}}}
    assert code(ci.post(f"{TIM}/releases", wrong)) == (422, "invalid")
    assert code(ci.post(f"{TIM}/releases", {"version": "1.0.0", "more": 1})) == (422, "invalid")
    assert not Release.objects.exists()
    assert not list(spool.iterdir())


def test_a_key_in_the_artifact_bucket_is_registered(ci: Caller, product: Product) -> None:
    asked = {"version": "1.0.0", "artifacts": {"any": {"key": "incoming/a.zip", "sha256": "0" * 64}}}
    assert body(ci.post(f"{TIM}/releases", asked), 202)["artifacts"][0]["sha256"] == "0" * 64


def test_plan_promote_poll_cancel(ci: Caller, dev: Environment, product: Product, manager: User) -> None:
    ready(product, "1.0.0", manager)
    plan = body(ci.post(f"{TIM}/environments/dev/plan", {"version": "1.0.0"}))
    assert (plan["environment"], plan["from"], plan["to"]) == ("dev", None, "1.0.0")
    assert [file["path"] for file in plan["added"]][-1] == "index.html"
    asked = {"version": "1.0.0", "reason": "CI", "plan_digest": plan["digest"]}
    assert code(ci.post(f"{TIM}/environments/dev/deployments", asked | {"plan_digest": "0" * 64})) == (
        409,
        "stale_plan",
    )
    made = body(ci.post(f"{TIM}/environments/dev/deployments", asked), 202)
    assert (made["status"], made["kind"], made["actor"], made["previous"]) == (
        "queued",
        "promote",
        "release-manager",
        None,
    )
    assert [step["name"] for step in made["steps"]][:2] == ["check", "copy"]
    polled = ci.get(f"{API}/deployments/{made['id']}")
    assert polled["Retry-After"] == "1"
    busy = ci.post(f"{TIM}/environments/dev/deployments", asked)
    assert code(busy) == (409, "busy")
    assert json.loads(busy.content)["running"] == made["id"]
    assert body(ci.get(f"{TIM}/environments"))["items"][0]["active_deployment"] == made["id"]
    assert code(ci.post(f"{API}/deployments/{made['id']}/cancel", {"reason": ""})) == (422, "invalid")
    assert body(ci.post(f"{API}/deployments/{made['id']}/cancel", {"reason": "Wrong one."}), 202)
    assert code(ci.post(f"{API}/deployments/{made['id']}/retry", {"reason": "x"})) == (409, "wrong_state")
    assert code(ci.get(f"{API}/deployments/999999")) == (404, "not_found")


def test_rollback_and_bad_releases(ci: Caller, dev: Environment, product: Product, manager: User) -> None:
    assert code(ci.post(f"{TIM}/environments/dev/rollback", {"reason": "Back."})) == (409, "no_artifact")
    for version in ("1.0.0", "1.1.0"):
        live(dev, ready(product, version, manager), manager)
    found = body(ci.post(f"{TIM}/releases/1.0.0/bad", {"bad": True, "reason": "It leaks."}))
    assert found["bad"] is True
    assert code(ci.post(f"{TIM}/environments/dev/rollback", {"reason": "Back."})) == (409, "no_artifact")
    asked = {"version": "1.0.0", "reason": "x"}
    assert code(ci.post(f"{TIM}/environments/dev/deployments", asked)) == (409, "bad_release")
    body(ci.post(f"{TIM}/releases/1.0.0/bad", {"bad": False, "reason": "It does not."}))
    made = body(ci.post(f"{TIM}/environments/dev/rollback", {"reason": "Back."}), 202)
    assert (made["version"], made["previous"], made["kind"]) == ("1.0.0", "1.1.0", "rollback")


def test_a_protected_environment_and_its_path(ci: Caller, product: Product, manager: User) -> None:
    release = ready(product, "1.0.0", manager)
    asked = {"version": "1.0.0", "reason": "Go."}
    assert code(ci.post(f"{TIM}/environments/prod/deployments", asked)) == (422, "invalid")
    assert code(ci.post(f"{TIM}/environments/prod/deployments", asked | {"confirm": "prod"})) == (
        409,
        "out_of_order",
    )
    live(environment(product, "stage"), release, manager)
    assert body(ci.post(f"{TIM}/environments/prod/deployments", asked | {"confirm": "prod"}), 202)


def test_a_replayed_call_is_one_deployment(
    ci: Caller, dev: Environment, product: Product, manager: User
) -> None:
    ready(product, "1.0.0", manager)
    asked = {"version": "1.0.0", "reason": "CI"}
    first = ci.post(f"{TIM}/environments/dev/deployments", asked, key="k1")
    second = ci.post(f"{TIM}/environments/dev/deployments", asked, key="k1")
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert Deployment.objects.count() == 1
    other = ci.post(f"{TIM}/environments/dev/deployments", asked | {"reason": "Other"}, key="k1")
    assert code(other) == (422, "invalid")


def test_a_refusal_with_a_key_is_kept_and_on_record(ci: Caller, dev: Environment, product: Product) -> None:
    asked = {"reason": "Back."}
    first = ci.post(f"{TIM}/environments/dev/rollback", asked, key="k2")
    assert code(first) == (409, "no_artifact")
    assert ci.post(f"{TIM}/environments/dev/rollback", asked, key="k2").content == first.content
    assert Event.objects.filter(action="deployment.rollback", result="refused").count() == 1


def test_who_may_not_is_refused_and_on_record(dev: Environment, product: Product, manager: User) -> None:
    ready(product, "1.0.0", manager)
    asked = {"version": "1.0.0", "reason": "Go."}
    viewer = Caller(person(Role.VIEWER), ["read", "deployments"])
    narrow = Caller(manager, ["read"])
    for caller in (viewer, narrow):
        assert code(caller.post(f"{TIM}/environments/dev/deployments", asked)) == (403, "forbidden")
    assert Event.objects.filter(action="deployment.promote", result="refused").count() == 2
    assert code(narrow.post(f"{TIM}/releases", version="2.0.0", **{"artifact.any": zipped()})) == (
        403,
        "forbidden",
    )
    assert not Deployment.objects.exists()


def test_configuration_is_read_and_saved(product: Product, ci: Caller) -> None:
    admin = Caller(person(Role.ADMIN), ["read", "config"])
    path = f"{TIM}/environments/dev/config"
    found = body(admin.get(path))
    assert found["revision"] == 1
    asked = {"values": found["values"] | {"NEW": "1"}, "reason": "Needed.", "revision": 1}
    saved = body(admin.put(path, asked))
    assert (saved["revision"], saved["values"]["NEW"]) == (2, "1")
    assert code(admin.put(path, asked)) == (409, "wrong_state")
    assert code(ci.put(path, asked | {"revision": 2})) == (403, "forbidden")
    assert code(admin.put(path, {"values": {"A": 1}, "reason": "x", "revision": 2})) == (422, "invalid")


def test_the_audit_log_is_filtered_exported_and_verified(
    product: Product, dev: Environment, manager: User, ci: Caller
) -> None:
    deployment = live(dev, ready(product, "1.0.0", manager), manager)
    auditor = Caller(person(Role.AUDITOR), ["audit"])
    found = body(auditor.get(f"{API}/audit/events", action="deployment.promote", product="tim-combo"))
    assert [event["run"] for event in found["items"]] == [deployment.run_id]
    assert found["items"][0]["after"]["version"] == "1.0.0"
    export = auditor.get(f"{API}/audit/export", format="jsonl", action="deployment.promote")
    lines = b"".join(export.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert [json.loads(line)["action"] for line in lines] == ["deployment.promote"]
    assert code(auditor.get(f"{API}/audit/export", format="pdf")) == (422, "invalid")
    assert body(auditor.post(f"{API}/audit/verify"))["ok"] in (True, False)
    assert code(auditor.get(f"{API}/audit/events", since="2026-01-01T00:00:00")) == (422, "invalid")
    assert code(ci.get(f"{API}/audit/events")) == (403, "forbidden")


def test_a_failed_deployment_is_cancelled_and_no_longer_shown_as_failed(
    ci: Caller, dev: Environment, product: Product, manager: User
) -> None:
    ready(product, "1.0.0", manager)
    made = body(ci.post(f"{TIM}/environments/dev/deployments", {"version": "1.0.0", "reason": "x"}), 202)
    end(Deployment.objects.get(pk=made["id"]), RunState.FAILED)
    EnvironmentState.objects.update(failed=made["id"], active=None)
    assert body(ci.get(f"{TIM}/environments"))["items"][0]["state"] == "failed"
    cancelled = body(ci.post(f"{API}/deployments/{made['id']}/cancel", {"reason": "Never mind."}), 202)
    assert cancelled["status"] == "cancelled"
    assert body(ci.get(f"{TIM}/environments"))["items"][0]["state"] == "never"
    assert Event.objects.filter(action="deployment.cancel", result="ok").count() == 1


def test_what_no_text_may_hold_is_refused(ci: Caller, product: Product, manager: User) -> None:
    ready(product, "1.0.0", manager)
    asked = {"version": "1.0.0", "reason": "a\0b"}
    assert code(ci.post(f"{TIM}/environments/dev/deployments", asked)) == (422, "invalid")
    long = ci.post(f"{TIM}/releases", version="3.0.0", commit="a" * 65, **{"artifact.any": zipped()})
    assert code(long) == (422, "invalid")
    newline = {"version": "3.0.0\n", "artifacts": {"any": {"key": "incoming/a.zip", "sha256": "0" * 64}}}
    assert code(ci.post(f"{TIM}/releases", newline)) == (422, "invalid")


def test_every_address_below_api_answers_a_problem(ci: Caller) -> None:
    assert code(ci.get(f"{API}/nothing")) == (404, "not_found")


def test_nobody_uploads_without_being_known(product: Product, spool: Path) -> None:
    answer = Client().post("/login/", {"username": "x", "file": zipped()})
    assert answer.status_code == 403
    assert not list(spool.iterdir())


def test_a_failed_deployment_tells_its_cause(
    ci: Caller, dev: Environment, product: Product, manager: User
) -> None:
    ready(product, "1.0.0", manager)
    made = body(ci.post(f"{TIM}/environments/dev/deployments", {"version": "1.0.0", "reason": "x"}), 202)
    end(Deployment.objects.get(pk=made["id"]), RunState.FAILED)
    found = body(ci.get(f"{API}/deployments/{made['id']}"))
    assert (found["status"], found["error"]) == ("failed", "It broke.")
    assert (
        body(ci.post(f"{API}/deployments/{made['id']}/retry", {"reason": "Mended."}), 202)["status"]
        == "queued"
    )
