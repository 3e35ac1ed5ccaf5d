"""What the API answers to calls that it cannot carry out: always a problem, whose code says what to do."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from ninja import NinjaAPI
from ninja.errors import AuthorizationError, HttpError, Throttled

from audit.models import Event
from deployments.models import Deployment, Release
from deployments.services.register import LONGEST_NOTES
from products.models import Product
from tests.console.test_api import API, TIM, Caller, body, code, zipped
from tests.deployments.rows import estate, ready
from tests.examples import person
from timcombo_console.api import problems
from users.models import User
from users.permissions import Role
from users.reasons import LONGEST_REASON

pytestmark = pytest.mark.django_db

PLAN = f"{TIM}/environments/dev/plan"
DEPLOY = f"{TIM}/environments/dev/deployments"


@pytest.fixture
def manager() -> User:
    return person(Role.RELEASE_MANAGER)


@pytest.fixture
def product(manager: User) -> Product:
    made = estate()
    ready(made, "1.0.0", manager)
    return made


@pytest.fixture
def ci(product: Product, manager: User) -> Caller:
    return Caller(manager, ["read", "releases", "deployments"])


@pytest.fixture(autouse=True)
def spool(settings: Any, tmp_path: Path) -> Path:
    settings.CONSOLE_SPOOL = tmp_path
    return tmp_path


def send(caller: Caller, path: str, data: bytes, kind: str) -> HttpResponse:
    return caller._client.post(path, data, content_type=kind)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (HttpError(401, "Who?"), (401, "unauthenticated")),
        (AuthorizationError(), (403, "forbidden")),
        (HttpError(404, "Where?"), (404, "not_found")),
        (HttpError(405, "How?"), (405, "method_not_allowed")),
        (HttpError(413, "How much?"), (413, "too_large")),
        (HttpError(415, "What?"), (415, "unsupported_media_type")),
        (Throttled(wait=3), (429, "too_many_requests")),
        (HttpError(422, "Why?"), (422, "invalid")),
        (HttpError(503, "When?"), (503, "error")),
    ],
)
def test_each_status_has_its_code(rf: Any, error: HttpError, expected: tuple[int, str]) -> None:
    api = NinjaAPI(urls_namespace=str(expected))
    problems.install(api)
    assert code(api.on_exception(rf.get("/"), error)) == expected


def test_a_verb_that_an_address_does_not_know(ci: Caller) -> None:
    for answer in (ci.get(PLAN), ci._client.delete(PLAN)):
        assert code(answer) == (405, "method_not_allowed")
        assert answer["Allow"] == "POST"
    assert body(ci.post(PLAN, {"version": "1.0.0"}))


@pytest.mark.parametrize(
    "path", ["/api", "/api/", API, f"{API}/", f"{API}/x", f"{API}/products/", f"{DEPLOY}/"]
)
def test_an_address_that_no_call_has(path: str) -> None:
    stranger = Client(enforce_csrf_checks=True)
    for verb in ("get", "post", "put", "patch", "delete", "options"):
        assert code(getattr(stranger, verb)(path)) == (404, "not_found")
    assert stranger.head(path).status_code == 404


def test_a_host_that_is_not_ours(ci: Caller) -> None:
    assert code(ci._client.get(f"{API}/products", headers={"Host": "elsewhere.example"})) == (400, "invalid")
    assert "<h1" in ci._client.get("/", headers={"Host": "elsewhere.example"}).text
    assert body(ci.get(f"{API}/products"))


def test_head_is_answered_as_get_without_its_body(ci: Caller, manager: User) -> None:
    for path in (f"{API}/products", f"{TIM}/releases/1.0.0", f"{API}/openapi.json"):
        got, head = ci.get(path), ci._client.head(path)
        assert (head.status_code, head["Content-Type"]) == (200, got["Content-Type"])
        assert (head.content, head["Content-Length"]) == (b"", str(len(got.content)))
    assert ci._client.head(f"{TIM}/releases/9.9.9").status_code == 404
    refused = ci._client.head(PLAN)
    assert (refused.status_code, refused["Allow"]) == (405, "POST")
    assert ci._client.delete(f"{API}/products")["Allow"] == "GET, HEAD"


def test_head_of_an_export_reads_no_event() -> None:
    auditor = Caller(person(Role.AUDITOR), ["audit"])
    head = auditor._client.head(f"{API}/audit/export")
    assert (head.status_code, b"".join(head)) == (200, b"")
    assert b"".join(auditor.get(f"{API}/audit/export"))


WRONG_FILTERS = ["actr=viewer", "result=banana", "run=x", "since=0001-01-01T00:00:00%2B14:00", "before=7"]


@pytest.mark.parametrize("query", WRONG_FILTERS)
def test_a_filter_of_the_audit_log_that_there_is_none_of(query: str) -> None:
    auditor = Caller(person(Role.AUDITOR), ["audit"])
    for call in ("events", "export"):
        answer = auditor.get(f"{API}/audit/{call}?{query}")
        assert code(answer) == (422, "invalid")
        assert query.split("=")[0] in json.loads(answer.content)["detail"]
        assert auditor.get(f"{API}/audit/{call}?result=refused&run=7").status_code == 200
    assert auditor.get(f"{API}/audit/events?limit=5&cursor=7").status_code == 200
    assert auditor.get(f"{API}/audit/export?format=csv").status_code == 200


def test_a_body_that_is_no_json(ci: Caller) -> None:
    good = b'{"version": "1.0.0"}'
    for path in (PLAN, f"{TIM}/releases"):
        assert code(send(ci, path, good[:-1], "application/json")) == (422, "invalid")
        assert code(send(ci, path, b"<a/>", "application/xml")) == (415, "unsupported_media_type")
    assert code(send(ci, PLAN, b"version=1.0.0", "application/x-www-form-urlencoded")) == (
        415,
        "unsupported_media_type",
    )
    assert body(send(ci, PLAN, good, "application/json; charset=utf-8"))


def test_a_body_that_is_too_large(ci: Caller) -> None:
    large = b'{"version": "%s"}' % (b"1" * 3_000_000)
    for path in (PLAN, f"{TIM}/releases"):
        assert code(send(ci, path, large, "application/json")) == (413, "too_large")


def errors(answer: HttpResponse) -> list[str]:
    assert code(answer) == (422, "invalid")
    return list(json.loads(answer.content)["errors"])


def test_an_error_names_the_field_as_it_was_sent(ci: Caller) -> None:
    assert errors(ci.post(PLAN, {})) == ["version"]
    assert errors(ci.post(PLAN, {"version": "1.0.0", "versoin": "1"})) == ["versoin"]
    assert errors(ci.post(f"{TIM}/releases", {"artifacts": {}})) == ["version"]
    assert errors(ci.post(f"{TIM}/releases", {"version": "2", "artifacts": {"any": {"key": "k"}}})) == [
        "artifacts.any.sha256"
    ]
    assert errors(ci.get(f"{TIM}/releases", limit="x")) == ["limit"]
    assert errors(ci.get(f"{API}/deployments/x")) == ["pk"]
    for path in (PLAN, f"{TIM}/releases"):
        assert errors(send(ci, path, b"[]", "application/json")) == ["body"]


def test_a_value_of_another_type_is_refused(ci: Caller) -> None:
    config, admin = f"{TIM}/environments/dev/config", Caller(person(Role.ADMIN), ["config"])
    values = {"values": {"A": "1"}, "reason": "x"}
    for revision in (True, "1", 1.0):
        assert errors(admin.put(config, values | {"revision": revision})) == ["revision"]
    assert body(admin.put(config, values | {"revision": 1}))["revision"] == 2
    for bad in (1, "yes"):
        assert errors(ci.post(f"{TIM}/releases/1.0.0/bad", {"bad": bad, "reason": "x"})) == ["bad"]
    assert body(ci.post(f"{TIM}/releases/1.0.0/bad", {"bad": True, "reason": "x"}))["bad"] is True


def test_a_name_that_is_there_twice_is_refused(ci: Caller) -> None:
    twice = b'{"version": "1.0.0", "version": "1.0.0"}'
    for path in (PLAN, f"{TIM}/releases"):
        assert errors(send(ci, path, twice, "application/json")) == ["version"]
    inner = b'{"version": "2", "artifacts": {"any": {"key": "a", "key": "b", "sha256": "c"}}}'
    assert errors(send(ci, f"{TIM}/releases", inner, "application/json")) == ["key"]
    for path in (PLAN, f"{TIM}/releases"):
        assert code(send(ci, path, b"[" * 100_000, "application/json")) == (422, "invalid")


def test_a_problem_keeps_its_own_members(ci: Caller) -> None:
    wish = {"version": "1.0.0", "reason": "x"}
    first = body(ci.post(DEPLOY, wish), 202)
    busy = json.loads(ci.post(DEPLOY, wish).content)
    assert (busy["title"], busy["code"], busy["status"], busy["type"]) == ("busy", "busy", 409, "about:blank")
    assert (busy["running"], "1.0.0" in busy["run_title"]) == (first["id"], True)
    again = json.loads(problems.problem(409, "busy", "No.", title="Mine", detail="Other", run=7).content)
    assert (again["title"], again["detail"], again["run"]) == ("busy", "No.", 7)


def test_a_body_that_is_no_multipart(ci: Caller) -> None:
    assert code(send(ci, f"{TIM}/releases", b"abc", "multipart/form-data")) == (422, "invalid")


def test_more_fields_or_files_than_any_release_has(ci: Caller, spool: Path) -> None:
    many = {f"field{number}": "1" for number in range(1100)}
    assert code(ci.post(f"{TIM}/releases", **many)) == (413, "too_large")
    files = {f"artifact.{number}": zipped() for number in range(101)}
    assert code(ci.post(f"{TIM}/releases", **files)) == (413, "too_large")
    assert not list(spool.iterdir())


def test_nul_in_a_field_is_refused_and_named(ci: Caller, spool: Path) -> None:
    for name in ("version", "commit", "notes"):
        answer = ci.post(
            f"{TIM}/releases", **({"version": "2.0.0"} | {name: "a\0b", "artifact.any": zipped()})
        )
        assert code(answer) == (422, "invalid")
        assert list(json.loads(answer.content)["errors"]) == [name]
    assert code(ci.post(f"{TIM}/releases", version="2.0.0", **{"artifact.a\0": zipped()})) == (422, "invalid")
    assert not Release.objects.filter(version="2.0.0").exists()
    assert not list(spool.iterdir())
    assert body(ci.post(f"{TIM}/releases", version="2.0.0", **{"artifact.any": zipped()}), 202)


def test_a_refused_upload_leaves_the_registered_one_in_the_spool(ci: Caller, spool: Path) -> None:
    body(ci.post(f"{TIM}/releases", version="2.0.0", **{"artifact.any": zipped()}), 202)
    other = {"artifact.any": zipped(text="other"), "elsewhere": SimpleUploadedFile("a", b"a")}
    assert code(ci.post(f"{TIM}/releases", version="2.0.0", **other)) == (422, "invalid")
    kept = Release.objects.get(version="2.0.0").artifacts.get().spool_name
    assert [path.name for path in spool.iterdir()] == [kept]


def test_nul_in_an_address_or_a_header_is_refused(ci: Caller) -> None:
    for path in (f"{API}/products/a%00b/releases", f"{TIM}/releases/a%00b", f"{TIM}/releases?cursor=%00"):
        assert code(ci._client.get(path)) == (422, "invalid")
    asked = {"version": "1.0.0", "reason": "x"}
    assert code(ci.post(DEPLOY, asked, key="a\0b")) == (422, "invalid")


def test_a_reason_is_as_long_as_in_the_forms(ci: Caller, product: Product) -> None:
    bad, plan = f"{TIM}/releases/1.0.0/bad", {"version": "1.0.0"}
    admin = Caller(person(Role.ADMIN), ["config"])
    values = {"values": {"A": "1"}, "revision": 1}
    acts: list[Callable[[str], HttpResponse]] = [
        lambda reason: ci.post(DEPLOY, plan | {"reason": reason}),
        lambda reason: ci.post(bad, {"bad": True, "reason": reason}),
        lambda reason: admin.put(f"{TIM}/environments/dev/config", values | {"reason": reason}),
    ]
    for act in acts:
        answer = act("x" * (LONGEST_REASON + 1))
        assert code(answer) == (422, "invalid")
        assert list(json.loads(answer.content)["errors"]) == ["reason"]
        assert len(Event.objects.order_by("id").last().reason) == LONGEST_REASON  # type: ignore[union-attr]
        assert act("x" * LONGEST_REASON).status_code in (200, 202)
    override = {"reason": "x", "override": "x" * (LONGEST_REASON + 1)}
    answer = ci.post(DEPLOY, plan | override)
    assert list(json.loads(answer.content)["errors"]) == ["override"]


def test_notes_are_as_long_as_in_the_form(ci: Caller) -> None:
    given = {"version": "2.0.0", "artifact.any": zipped()}
    answer = ci.post(f"{TIM}/releases", **given, notes="x" * (LONGEST_NOTES + 1))
    assert code(answer) == (422, "invalid")
    assert list(json.loads(answer.content)["errors"]) == ["notes"]
    given["artifact.any"] = zipped()
    assert body(ci.post(f"{TIM}/releases", **given, notes="x" * LONGEST_NOTES), 202)


def test_half_a_character_is_refused_and_a_whole_one_is_not(ci: Caller) -> None:
    half = b'{"version": "1.0.0", "reason": "\\ud83d"}'
    assert code(send(ci, DEPLOY, half, "application/json")) == (422, "invalid")
    whole = b'{"version": "1.0.0", "reason": "\\ud83d\\ude80"}'
    assert body(send(ci, DEPLOY, whole, "application/json"), 202)["reason"] == "\N{ROCKET}"


def test_a_plan_with_a_key_is_answered_again(ci: Caller, product: Product) -> None:
    first = ci.post(PLAN, {"version": "1.0.0"}, key="plan-1")
    second = ci.post(PLAN, {"version": "1.0.0"}, key="plan-1")
    assert body(first) == body(second), "created_at, too"
    assert code(ci.post(PLAN, {"version": "1.1.0"}, key="plan-1")) == (422, "invalid")
    anew = body(ci.post(PLAN, {"version": "1.0.0"}))
    assert anew["digest"] == body(first)["digest"]
    assert anew["created_at"] != body(first)["created_at"]
    assert not Deployment.objects.exists()


def test_who_may_not_plan_is_refused_with_a_key_too(product: Product, manager: User) -> None:
    ci = Caller(manager, ["audit"])
    for key in ("", "plan-1", "plan-1"):
        assert code(ci.post(PLAN, {"version": "1.0.0"}, key=key)) == (403, "forbidden")
