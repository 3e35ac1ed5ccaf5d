"""Builds by the API: told by who may, listed, refused in words; and the statistics that they end in."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from audit.models import Event
from deployments.models import Release
from monitoring.models import Build
from products.models import Product
from tests.console.test_api import TIM, Caller, body, code
from tests.deployments.rows import environment, estate, live, ready
from tests.examples import person
from users.models import User
from users.permissions import Role

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
BUILDS = f"{TIM}/builds"
URL = "https://ci.example.com/builds/7"


@pytest.fixture
def product() -> Product:
    return estate()


@pytest.fixture
def manager() -> User:
    return person(Role.RELEASE_MANAGER)


@pytest.fixture
def ci(product: Product, manager: User) -> Caller:
    return Caller(manager, ["releases"])


def told(status: str = "succeeded", version: str = "1.2.0", **more: str) -> dict[str, str]:
    return {"version": version, "commit": "4f1c2ab", "status": status, "url": URL, **more}


def test_a_failed_build_is_kept_and_on_record(ci: Caller, manager: User) -> None:
    made = body(ci.post(BUILDS, told("failed")), 201)
    build = Build.objects.get()
    assert made == {
        "id": build.pk,
        "version": "1.2.0",
        "commit": "4f1c2ab",
        "status": "failed",
        "url": URL,
        "created_at": build.at.isoformat().replace("+00:00", "Z"),
        "created_by": manager.username,
    }
    event = Event.objects.get(action="build.register")
    assert (event.result, event.product, event.summary) == (
        "ok",
        "tim-combo",
        "The build of Tim-Combo 1.2.0 failed.",
    )
    assert event.after == {"version": "1.2.0", "commit": "4f1c2ab", "status": "failed", "url": URL}
    assert not Release.objects.exists()


def test_commit_and_url_may_be_left_out(ci: Caller) -> None:
    made = body(ci.post(BUILDS, {"version": "1.2.0", "status": "succeeded"}), 201)
    assert (made["commit"], made["url"]) == ("", None)


def test_a_build_told_twice_with_one_key_is_one(ci: Caller) -> None:
    first = body(ci.post(BUILDS, told(), key="build-7"), 201)
    assert body(ci.post(BUILDS, told(), key="build-7"), 201) == first
    assert code(ci.post(BUILDS, told("failed"), key="build-7")) == (422, "invalid")
    assert Build.objects.count() == 1
    body(ci.post(BUILDS, told(), key="build-8"), 201)
    assert Build.objects.count() == 2


def test_builds_are_listed_by_page_newest_first(ci: Caller) -> None:
    for number in range(3):
        ci.post(BUILDS, told(version=f"1.{number}.0"))
    page = body(ci.get(BUILDS, limit=2))
    assert [one["version"] for one in page["items"]] == ["1.2.0", "1.1.0"]
    rest = body(ci.get(BUILDS, limit=2, cursor=page["next"]))
    assert ([one["version"] for one in rest["items"]], rest["next"]) == (["1.0.0"], None)
    assert body(ci.get("/api/v1/products/flux-systems/builds"))["items"] == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"url": "http://ci.example.com/7"}, "url"),
        ({"url": "http://127.0.0.1/7"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://ana:secret@ci.example.com/7"}, "url"),
        ({"url": f"https://ci.example.com/{'7' * 500}"}, "url"),
        ({"version": "../1"}, "version"),
        ({"version": ""}, "version"),
        ({"commit": "c" * 65}, "commit"),
        ({"status": "cancelled"}, "status"),
        ({"branch": "main"}, "branch"),
    ],
)
def test_what_does_not_hold_names_its_field(ci: Caller, wrong: dict[str, str], field: str) -> None:
    answer = ci.post(BUILDS, told() | wrong)
    assert code(answer) == (422, "invalid")
    assert list(answer.json()["errors"]) == [field]  # type: ignore[attr-defined]
    assert not Build.objects.exists()


def test_a_password_in_a_link_is_not_repeated(ci: Caller) -> None:
    answer = ci.post(BUILDS, told(url="https://ana:secret@ci.example.com/7"))
    assert b"secret" not in answer.content
    assert "secret" not in str(list(Event.objects.values()))


def test_an_unknown_product_is_not_found(ci: Caller) -> None:
    assert code(ci.post("/api/v1/products/nothing/builds", told())) == (404, "not_found")
    assert code(ci.get("/api/v1/products/nothing/statistics")) == (404, "not_found")


def test_tokens_that_may_not(product: Product, manager: User) -> None:
    reader, viewer = Caller(manager, ["read"]), Caller(person(Role.VIEWER), ["releases"])
    for caller in (reader, viewer):
        assert code(caller.post(BUILDS, told())) == (403, "forbidden")
        assert body(caller.get(BUILDS))["items"] == []
        body(caller.get(f"{TIM}/statistics"))
    assert not Build.objects.exists()
    assert Event.objects.filter(action="build.register", result="refused").count() == 2
    auditor = Caller(person(Role.AUDITOR), ["audit"])
    assert code(auditor.get(BUILDS)) == (403, "forbidden")
    assert code(auditor.get(f"{TIM}/statistics")) == (403, "forbidden")


def test_statistics_by_the_api(ci: Caller, product: Product, manager: User) -> None:
    live(environment(product, "prod"), ready(product, "1.0.0", manager), manager)
    for status in ("succeeded", "succeeded", "failed"):
        ci.post(BUILDS, told(status))
    found = body(ci.get(f"{TIM}/statistics", period="7d"))
    assert (found["product"], found["period"], found["goal"], found["steps_of"]) == (
        "tim-combo",
        "7d",
        "prod",
        "prod",
    )
    assert found["builds"] == {"ratio": pytest.approx(2 / 3), "part": 2, "of": 3}
    by_name = {one["name"]: one for one in found["environments"]}
    assert list(by_name) == ["dev", "test", "stage", "prod", "static"]
    assert by_name["prod"]["deployments"] == {"of": 1, "rollbacks": 0, "per_week": 1.0}
    assert by_name["prod"]["change_failure_rate"] == {"ratio": 0.0, "part": 0, "of": 1}
    assert by_name["prod"]["lead_time"]["of"] == 1
    assert by_name["dev"] == {
        "name": "dev",
        "deployments": {"of": 0, "rollbacks": 0, "per_week": None},
        "lead_time": {"median": None, "p90": None, "of": 0},
        "change_failure_rate": {"ratio": None, "part": 0, "of": 0},
        "time_to_restore": {"median": None, "p90": None, "of": 0, "open": False},
    }
    done_in_order = ["check", "copy", "fetch", "switch", "invalidate", "verify", "record"]
    assert [one["name"] for one in found["steps"]] == done_in_order
    assert found["handlers_updated"] == {"ratio": None, "part": 0, "of": 0}
    assert body(ci.get(f"{TIM}/statistics", env="dev"))["steps"] == []


def test_statistics_of_what_is_not_there_are_refused(ci: Caller) -> None:
    answer = ci.get(f"{TIM}/statistics", period="1y")
    assert code(answer) == (422, "invalid")
    assert "7d, 30d, 90d" in answer.json()["detail"]  # type: ignore[attr-defined]
    missing = ci.get(f"{TIM}/statistics", env="moon")
    assert code(missing) == (404, "not_found")
    assert "dev, test, stage, prod, static" in missing.json()["detail"]  # type: ignore[attr-defined]


class Recorder(BaseHTTPRequestHandler):
    """Answers 201 to what is posted, and keeps it."""

    kept: list[tuple[str, str, str, Any]] = []

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        who, key = self.headers["Authorization"], self.headers["Idempotency-Key"]
        self.kept.append((self.path, who, key, sent))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """The test says what went wrong."""


@pytest.fixture
def recorder() -> Iterator[ThreadingHTTPServer]:
    Recorder.kept.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def tell(server: ThreadingHTTPServer, status: str) -> None:
    """Run what docs/ci gives to CI, as GitLab does."""
    asked = {
        "CONSOLE_URL": f"http://127.0.0.1:{server.server_port}",
        "CONSOLE_TOKEN": "tcc_x",
        "PRODUCT": "tim-combo",
        "VERSION": "1.2.0",
        "COMMIT": "4f1c2ab",
        "URL": URL,
        "CI_JOB_ID": "7",
        "STATUS": status,
    }
    done = subprocess.run(
        ["sh", "docs/ci/build.sh"], cwd=ROOT, env={"PATH": os.environ["PATH"], **asked}, capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_what_ci_is_given_tells_of_every_build_that_ended(ci: Caller, recorder: ThreadingHTTPServer) -> None:
    for status in ("success", "failure", "failed", "cancelled", "canceled"):
        tell(recorder, status)
    assert [sent["status"] for _, _, _, sent in Recorder.kept] == ["succeeded", "failed", "failed"]
    path, who, key, sent = Recorder.kept[0]
    assert (path, who, key) == (BUILDS, "Bearer tcc_x", "build-tim-combo-1.2.0-7-1")
    assert body(ci.post(BUILDS, sent), 201)["url"] == URL
