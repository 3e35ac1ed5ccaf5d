"""The page for the person on call: what it counts as a failure, and how it stays up to date."""

import pytest
from django.test import Client

from deployments.models import Release
from deployments.outcome import ingest_ended
from deployments.services.register import Incoming, register
from runs.models import Run, RunState
from tests.deployments.rows import estate
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
