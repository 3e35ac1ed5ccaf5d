"""`./console up` as a newcomer starts it: what it hands over, what it repairs, and what it refuses."""

import json
import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psycopg
import pytest

from notifications.message import signature
from tests.databases import SESSION
from tests.supervisor.console_run import SECONDS, ConsoleRun, environment, exists
from tests.workers import Broker, Clone
from timcombo_console.supervisor.process import wait_until

pytestmark = [pytest.mark.up, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleRun]:
    """A running demo, in a folder with a blank in its name."""
    run = ConsoleRun(tmp_path_factory.mktemp("up") / "check out")
    yield run.up()
    run.remove()


@pytest.fixture
def untouched(tmp_path: Path) -> Iterator[ConsoleRun]:
    """A checkout in which nothing runs."""
    run = ConsoleRun(tmp_path / "checkout")
    yield run
    run.remove()


def test_it_hands_over_addresses_and_logins(console: ConsoleRun) -> None:
    facts = console.facts
    assert {
        "url",
        "aws_endpoint",
        "aws_owners",
        "edge",
        "devcloud_control",
        "dns",
        "epoch",
        "estate",
        "users",
        "api_token",
    } == set(facts)
    assert facts["estate"] == "ready"
    roles = {user["role"]: user for user in facts["users"]}
    assert set(roles) >= {"release_manager", "admin", "auditor", "viewer"}
    assert facts["api_token"] == roles["release_manager"]["api_token"]
    for word in (facts["url"], roles["admin"]["name"], roles["admin"]["password"]):
        assert word in console.terminal
    assert console.ready()


def test_the_demos_inbox_hears_that_the_resources_are_made_and_from_whom(console: ConsoleRun) -> None:
    secret = json.loads((console.folder / "var" / "environment.json").read_text())[
        "CONSOLE_WEBHOOK_SECRET_DEMO_INBOX"
    ]
    heard = wait_for_news(console, "estate.applied")
    headers, body = heard["headers"], heard["body"].encode()
    assert headers["x-console-signature"] == signature(secret, headers["x-console-timestamp"], body)
    assert json.loads(body)["url"].startswith(console.facts["url"])
    assert secret not in console.terminal


def wait_for_news(console: ConsoleRun, kind: str) -> dict[str, Any]:
    """The first message of that kind in the demo's inbox."""
    found: list[dict[str, Any]] = []

    def look() -> bool:
        with urlopen(f"{console.facts['devcloud_control']}/inbox/console", timeout=5) as answer:
            messages = json.load(answer)["messages"]
        found.extend(one for one in messages if json.loads(one["body"])["kind"] == kind)
        return bool(found)

    assert wait_until(look, 30), f"nothing of the kind {kind} came"
    return found[0]


def test_the_demos_resources_are_made_while_its_pages_answer(untouched: ConsoleRun) -> None:
    """The first page shows it, and who promotes meanwhile is told what to wait for."""
    untouched.answering()
    assert untouched.facts["estate"] == "applying"
    answer, body = _promote(untouched)
    assert (answer, body["code"]) == (409, "busy")
    assert "Apply a plan to the AWS resources of Tim-Combo is under way" in body["detail"]
    assert body["url"] == "/products/tim-combo/estate/applied/1/"
    untouched.until(lambda: untouched.facts["estate"] == "ready")
    told = _ask(untouched, "/products/tim-combo/estate")
    assert {one["state"] for one in told["resources"]} == {"sync"}
    there = _ask(untouched, "/products/tim-combo/environments")
    assert {one["name"]: one["running"] for one in there["items"]}["dev"] == "1.0.0"


def _promote(console: ConsoleRun) -> tuple[int, Any]:
    path = "/products/tim-combo/environments/dev/deployments"
    try:
        return 202, _ask(console, path, {"version": "1.0.0", "reason": "Now"})
    except HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def _ask(console: ConsoleRun, path: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {console.facts['api_token']}", "Content-Type": "application/json"}
    data = json.dumps(body).encode() if body else None
    with urlopen(Request(f"{console.facts['url']}/api/v1{path}", data, headers), timeout=30) as answer:
        return json.load(answer)


def test_secrets_are_readable_by_their_owner_only(console: ConsoleRun) -> None:
    for name in ("console.json", "environment.json", "secret_key"):
        assert stat.S_IMODE((console.folder / "var" / name).stat().st_mode) == 0o600


def test_a_second_up_says_where_the_first_one_runs(console: ConsoleRun) -> None:
    said = console.refused()
    assert "already running" in said
    assert console.facts["url"] in said
    assert str(console.pid) in said
    assert console.ready()


def test_the_web_process_holds_no_aws_credentials(console: ConsoleRun) -> None:
    for pid, command in console.children().items():
        names = {entry.partition(b"=")[0] for entry in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")}
        assert (b"AWS_ACCESS_KEY_ID" in names) == ("celery" in command and "worker" in command), command


def test_manage_works_on_the_running_database(console: ConsoleRun) -> None:
    code = "from users.models import User; print(User.objects.count() >= 4)"
    argv = [str(console.folder / "console"), "manage", "shell", "--no-imports", "-c", code]
    done = subprocess.run(argv, cwd="/", env=environment(), capture_output=True, text=True)
    assert done.stdout.strip() == "True", done.stderr


def test_every_killed_child_is_started_again(console: ConsoleRun) -> None:
    before = console.children()
    killed = {pid: command for pid, command in before.items() if "devcloud" not in command}
    assert len(killed) == 8  # guardian, PostgreSQL, Valkey, web, two workers, the watcher, beat
    for pid in killed:
        os.kill(pid, signal.SIGKILL)

    def repaired() -> bool:
        now = console.children()
        return len(now) == len(before) and not set(now) & set(killed) and console.ready()

    assert wait_until(repaired, SECONDS), console.terminal


def test_the_loss_of_the_cloud_begins_the_demo_again(console: ConsoleRun) -> None:
    before = console.facts
    cloud = next(pid for pid, command in console.children().items() if "devcloud" in command)
    os.kill(cloud, signal.SIGKILL)
    written = console.folder / "var" / "console.json"

    def began_again() -> bool:
        return written.exists() and console.facts["epoch"] > before["epoch"]

    assert wait_until(lambda: began_again() and console.facts["estate"] == "ready", SECONDS), console.terminal
    assert "begins again with a fresh database" in console.terminal
    assert (console.facts["url"], console.facts["edge"]) == (before["url"], before["edge"])
    assert console.ready()


def test_a_killed_supervisor_leaves_nothing_that_stops_the_next(tmp_path: Path) -> None:
    long = tmp_path / ("long" * 50) / ("path" * 50) / "checkout"
    run = ConsoleRun(long)
    try:
        run.up()
        family = run.family()
        assert len(family) > 10
        run.kill()
        run.up()  # at once, while the remains of the first are still ending
        assert not any(exists(pid) for pid in family)
        assert run.ready()
        family = run.family()
        assert run.stop(signal.SIGINT) == 0
        assert not any(exists(pid) for pid in family)
        assert not (run.folder / "var" / "console.json").exists()
    finally:
        run.remove()


def test_a_busy_port_is_named(untouched: ConsoleRun, console: ConsoleRun) -> None:
    port = console.facts["url"].rpartition(":")[2]
    assert f"Port {port} for the web server is in use" in untouched.refused("--port", port)


def test_the_demo_does_not_touch_a_database_that_it_did_not_make(
    untouched: ConsoleRun, cloned_database: Clone, broker: Broker
) -> None:
    with psycopg.connect(cloned_database.owner_url, autocommit=True) as owner:
        owner.execute("INSERT INTO django_session VALUES ('key', 'data', now())")
        said = untouched.refused("--port", "0", DATABASE_URL=cloned_database.owner_url, REDIS_URL=broker.url)
        assert "is not empty" in said
        assert owner.execute("SELECT count(*) FROM django_session").fetchone() == (1,)


def test_the_demo_runs_on_an_empty_database_that_was_given(
    untouched: ConsoleRun, broker: Broker, given: str
) -> None:
    untouched.up(DATABASE_URL=given, REDIS_URL=broker.url)
    assert untouched.ready()
    assert not any("postgres" in command or "valkey" in command for command in untouched.children().values())
    assert untouched.stop() == 0
    live = untouched.refused(DATABASE_URL=given, REDIS_URL=broker.url, CONSOLE_AWS="live")
    assert "made by a demo" in live
    assert SESSION.cluster.ready()
