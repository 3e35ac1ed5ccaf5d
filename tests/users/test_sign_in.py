"""The door: who gets in, who does not, and that both are on record with their address."""

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Event
from tests.examples import PASSWORD, person
from tests.users.rows import events, visitor
from users.models import Flood, User
from users.permissions import Role
from users.services import deactivate

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> User:
    return person(Role.RELEASE_MANAGER, "ana")


def sign_in(client: Client, username: str = "ana", password: str = PASSWORD, **more: str) -> int:
    answer = client.post("/login/", {"username": username, "password": password, "next": "/profile/", **more})
    return answer.status_code


def signed_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


@pytest.mark.parametrize("name", ["ana", "ANA", " ana "])
def test_it_opens_a_session_and_records_the_address(client: Client, ana: User, name: str) -> None:
    answer = client.post(
        "/login/", {"username": name, "password": PASSWORD, "next": "/profile/"}, REMOTE_ADDR="10.1.2.3"
    )
    assert (answer.status_code, answer["Location"]) == (302, "/profile/")
    assert signed_in(client)
    event = Event.objects.get()
    assert (event.action, event.result, event.actor, event.address) == (
        "session.sign_in",
        "ok",
        ana,
        "10.1.2.3",
    )


def test_a_wrong_password_opens_nothing_and_is_on_record(client: Client, ana: User) -> None:
    answer = client.post("/login/", {"username": "ana", "password": "wrong"}, REMOTE_ADDR="10.1.2.3")
    assert answer.status_code == 422
    assert "do not go together" in answer.text
    assert not signed_in(client)
    event = Event.objects.get()
    assert (event.action, event.result, event.actor_name, event.address) == (
        "session.sign_in",
        "refused",
        "ana",
        "10.1.2.3",
    )


def test_a_name_that_nobody_has_is_not_written_down(client: Client, ana: User) -> None:
    assert sign_in(client, "my secret password") == 422
    assert events() == [("session.sign_in", "refused", "unknown")]
    assert not Event.objects.filter(summary__contains="secret").exists()


def test_a_deactivated_person_stays_outside(client: Client, ana: User) -> None:
    assert sign_in(client) == 302
    deactivate(actor=None, person=ana)
    assert not signed_in(client)
    assert sign_in(Client()) == 422
    assert events()[-1] == ("session.sign_in", "refused", "ana")


def test_a_flood_of_failures_writes_one_event_and_counts_the_others(client: Client, ana: User) -> None:
    for number in range(5):
        assert sign_in(client, f"guess-{number}") == 422
    assert events() == [("session.sign_in", "refused", "unknown")]
    assert Flood.objects.get().unrecorded == 4
    Flood.objects.update(until="2026-01-01T00:00:00Z")
    sign_in(client, "guess")
    assert len(events()) == 2
    last = Event.objects.order_by("-id")[0]
    assert last.after == {"alike_and_not_recorded_before": 4}


def test_who_fails_often_is_locked_out_with_a_calm_page_and_others_are_not(client: Client, ana: User) -> None:
    person(Role.VIEWER, "ben")
    codes = [sign_in(client, password="wrong") for _ in range(9)]
    assert codes[:7] == [422] * 7
    assert codes[-1] == 429
    answer = client.post("/login/", {"username": "ana", "password": PASSWORD})
    assert answer.status_code == 429
    assert "15 minutes" in answer.text
    assert not signed_in(client)
    assert ("session.lock_out", "refused", "ana") in events()
    assert sign_in(Client(), "ben") == 302


def test_signing_out_ends_the_session_and_is_on_record(ana: User) -> None:
    client = visitor(ana)
    assert signed_in(client)
    assert client.get("/logout/").status_code == 405
    answer = client.post("/logout/")
    assert (answer.status_code, answer["Location"]) == (302, "/login/")
    assert not signed_in(client)
    client.post("/logout/")
    assert events() == [("session.sign_out", "ok", "ana")]


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_it_never_leads_elsewhere(client: Client, ana: User, address: str) -> None:
    answer = client.post("/login/", {"username": "ana", "password": PASSWORD, "next": address})
    assert answer.status_code == 302
    assert answer["Location"] == reverse("matrix")


def test_a_form_from_elsewhere_is_refused(ana: User) -> None:
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client) == 403
    assert not signed_in(client)


def test_pages_send_strangers_to_the_door(client: Client) -> None:
    answer = client.get("/people/")
    assert (answer.status_code, answer["Location"]) == (302, "/login/?next=/people/")
    assert events() == []


def test_behind_a_proxy_the_address_is_the_one_it_noted_last(
    client: Client, ana: User, settings: object
) -> None:
    for proxy, expected in ((None, "10.0.0.1"), (("HTTP_X_FORWARDED_PROTO", "https"), "192.0.2.7")):
        settings.SECURE_PROXY_SSL_HEADER = proxy  # type: ignore[attr-defined]
        client.post(
            "/login/",
            {"username": "ana", "password": PASSWORD},
            REMOTE_ADDR="10.0.0.1",
            HTTP_X_FORWARDED_FOR="203.0.113.66, 192.0.2.7",
        )
        assert Event.objects.order_by("-id")[0].address == expected
