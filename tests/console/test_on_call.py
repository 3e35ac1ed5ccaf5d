"""The page for the person on call: what it counts as a failure, and how it stays up to date."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from deployments.models import Release
from deployments.outcome import ingest_ended
from deployments.services.register import Incoming, register
from monitoring.budget import spent
from monitoring.models import Collection, EdgeTruth
from products.models import Account
from runs.models import Run, RunState, Worker
from tests.deployments.rows import environment, estate
from tests.examples import person
from tests.users.rows import visitor
from users.models import User
from users.permissions import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> User:
    return person(Role.RELEASE_MANAGER)


@pytest.fixture
def client(manager: User) -> Client:
    return visitor(manager)


def checked(manager: User, version: str, error: str, reasons: list[dict[str, object]]) -> Release:
    """A release whose check failed."""
    source = {"any": Incoming(f"incoming/{version}.zip", version[0] * 64)}
    release = register(actor=manager, product=estate(), version=version, artifacts=source)
    assert release.run is not None
    Release.objects.filter(pk=release.pk).update(reasons=reasons)
    Run.objects.filter(pk=release.run.pk).update(state=RunState.FAILED, error=error)
    ingest_ended(Run.objects.get(pk=release.run.pk))
    return release


def failures(client: Client) -> list[Run]:
    found: list[Run] = client.get("/on-call/").context["failed"]
    return found


def test_a_rejected_build_is_no_failure_of_the_console(client: Client, manager: User) -> None:
    reason: dict[str, object] = {"path": "index.html", "text": "It is missing.", "target": "any"}
    checked(manager, "1.0.0", "Tim-Combo 1.0.0 was rejected: index.html", [reason])
    assert failures(client) == []


def test_a_check_that_could_not_be_made_is_one(client: Client, manager: User) -> None:
    release = checked(manager, "1.0.0", "AccessDenied on PutObject", [])
    assert failures(client) == [release.run]


def test_its_poll_answers_the_moving_parts_alone(client: Client) -> None:
    page, poll = client.get("/on-call/"), client.get("/on-call/now/")
    assert 'hx-get="/on-call/now/"' in page.text
    assert "<html" not in poll.text
    for part in ("oc-head", "oc-short", "oc-late", "oc-runs", "oc-failed", "oc-workers"):
        assert f'id="{part}"' in page.text
        assert f'id="{part}" hx-swap-oob="true"' in poll.text


def test_a_poll_without_a_session_leads_to_the_sign_in() -> None:
    answer = Client().get("/on-call/now/")
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/login/")


def ended(kind: str, scope: str, state: str, error: str = "", title: str = "It was.") -> Run:
    return Run.objects.create(
        kind=kind,
        title=title,
        url="/there/",
        state=state,
        error=error,
        scope_names=[scope],
        ended_at=timezone.now(),
    )


def unseen(client: Client) -> list[tuple[str, str]]:
    return [(one.title, one.why) for one in client.get("/on-call/").context["unseen"]]


def test_accounts_whose_numbers_do_not_come_are_one_line_each(client: Client) -> None:
    estate()
    media, sandbox = (Account.objects.get(name=name) for name in ("media", "sandbox"))
    last = timezone.now() - timedelta(minutes=40)
    Collection.objects.create(
        account=media, seen_at=last, failed_at=timezone.now(), error="AWS said: Throttling"
    )
    Collection.objects.create(account=sandbox, seen_at=timezone.now())
    for _ in range(3):
        ended("collect", f"metrics:{media.pk}", RunState.FAILED, "AWS said: Throttling")
    assert unseen(client) == [("Numbers of media", "AWS said: Throttling")]
    assert failures(client) == []
    assert "last well <time" in client.get("/on-call/").text


def test_environments_that_could_not_be_looked_at_are_one_line_each(client: Client) -> None:
    product = estate()
    bad = ended("truth", "truth:1", RunState.FAILED, "AccessDenied", "Look at Tim-Combo test")
    EdgeTruth.objects.create(environment=environment(product, "test"), run=bad)
    well = ended("truth", "truth:2", RunState.SUCCEEDED)
    EdgeTruth.objects.create(environment=environment(product, "dev"), run=well, seen_at=timezone.now())
    assert unseen(client) == [("Look at Tim-Combo test", "AccessDenied")]
    assert failures(client) == []


def test_a_channel_is_a_line_until_its_next_run_ends_well(client: Client) -> None:
    ended("deliver", "channel:1", RunState.FAILED, "Boom", "Notify channel one")
    ended("deliver", "channel:2", RunState.SUCCEEDED)
    ended("deliver", "channel:2", RunState.FAILED, "Boom", "Notify channel two")
    assert [one.since is None for one in client.get("/on-call/").context["unseen"]] == [True, False]
    ended("deliver", "channel:2", RunState.SUCCEEDED)
    assert unseen(client) == [("Notify channel one", "Boom")]
    assert failures(client) == []


def test_workers_are_told_in_three_groups(client: Client) -> None:
    for name, queues in (
        ("runs@a", "runs"),
        ("watch@a", "watch"),
        ("wake@a", "wake"),
        ("all@b", "runs,watch"),
    ):
        Worker.objects.create(name=name, queues=queues, seen_at=timezone.now())
    page = client.get("/on-call/")
    names = [[worker.name for worker in group] for group in page.context["workers"]]
    assert [sorted(group) for group in names] == [["all@b", "runs@a"], ["all@b", "watch@a"], ["wake@a"]]
    assert (page.context["health"].workers, page.context["health"].watchers, page.context["wakers"]) == (
        2,
        2,
        1,
    )
    assert "No worker of the queue watch is alive" not in page.text


def test_without_a_watcher_nothing_is_measured_looked_at_or_told(client: Client) -> None:
    Worker.objects.create(name="runs@a", queues="runs", seen_at=timezone.now())
    late = Worker.objects.create(name="watch@a", queues="watch", seen_at=timezone.now())
    Worker.objects.filter(pk=late.pk).update(seen_at=timezone.now() - timedelta(minutes=1))
    for address in ("/on-call/", "/on-call/now/"):
        assert "No worker of the queue watch is alive" in client.get(address).text
    assert "Nothing is measured, looked at or told" in client.get("/").text


def test_the_first_page_says_when_numbers_stand_still(client: Client, settings: Any) -> None:
    estate()
    media = Account.objects.get(name="media")
    Worker.objects.create(name="watch@a", queues="watch", seen_at=timezone.now())
    Collection.objects.create(account=media, seen_at=timezone.now())
    assert "CloudWatch" not in client.get("/").text
    Collection.objects.update(failed_at=timezone.now())
    assert "CloudWatch does not answer for media" in client.get("/").text
    settings.CONSOLE_METRICS_CAP = 1.0
    spent(media.pk, 99_999, by_minute=False)
    assert "CloudWatch does not answer for media" in client.get("/").text
    spent(media.pk, 1, by_minute=False)
    assert "Numbers stand still" in client.get("/").text
    assert "all that it may cost this month" in client.get("/on-call/").text
