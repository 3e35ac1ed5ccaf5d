"""Admins manage people; what they change counts at once, and the last of them stays."""

import threading

import pytest
from django.contrib.auth.hashers import check_password
from django.db import connection
from django.test import Client

from audit.models import Event
from tests.examples import PASSWORD, person
from tests.users.rows import events, visitor
from tests.workers import Clone
from users import services
from users.models import User
from users.permissions import Role
from users.refusals import Forbidden, Invalid, Refused, WrongState


@pytest.fixture
def admin(db: None) -> User:
    return person(Role.ADMIN, "olga")


@pytest.fixture
def ana(db: None) -> User:
    return person(Role.RELEASE_MANAGER, "ana")


def opens(client: Client, address: str = "/permissions/") -> bool:
    return client.get(address).status_code == 200


def test_an_admin_adds_a_person_whose_password_is_shown_once(admin: User) -> None:
    client = visitor(admin)
    values = {"username": "Mei", "display_name": "Mei Tanaka", "email": "mei@example.com", "role": "auditor"}
    answer = client.post("/people/new/", values, follow=True)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    mei = User.objects.get(username="mei")
    password = answer.context["made"].password
    assert password in answer.text
    assert check_password(password, mei.password)
    assert (mei.role, mei.password_is_initial) == ("auditor", True)
    event = Event.objects.get()
    assert (event.action, event.subject) == ("person.create", "mei")
    assert password not in str(Event.objects.values().get())
    assert password not in client.get(f"/people/{mei.pk}/").text
    again = client.get(f"/people/{mei.pk}/password/shown/", follow=True)
    assert "shown once" in again.text
    assert password not in again.text


def test_a_name_that_is_taken_comes_back_to_its_field(admin: User, ana: User) -> None:
    answer = visitor(admin).post(
        "/people/new/", {"username": "ANA", "role": "viewer", "display_name": "Kept"}
    )
    assert answer.status_code == 422
    assert "Somebody has this user name already" in answer.text
    assert 'value="Kept"' in answer.text
    assert events() == [("person.create", "refused", "olga")]


def test_with_an_initial_password_only_the_profile_opens_until_it_is_changed(admin: User) -> None:
    made = services.create_person(actor=admin, username="mei", role=Role.VIEWER)
    client = Client()
    client.post("/login/", {"username": "mei", "password": made.password, "next": "/profile/"})
    assert client.get("/permissions/")["Location"] == "/profile/"
    assert opens(client, "/profile/")
    answer = client.post("/profile/", {"current": made.password, "new": "a password of my own"})
    assert answer["Location"] == "/profile/"
    assert opens(client)


def test_deactivating_ends_every_session_at_once_and_reactivating_opens_no_old_one(
    admin: User, ana: User
) -> None:
    browser, office = visitor(ana), visitor(admin)
    assert opens(browser)
    assert office.post(f"/people/{ana.pk}/deactivate/", {"reason": "left"}).status_code == 302
    assert not opens(browser)
    assert office.post(f"/people/{ana.pk}/reactivate/").status_code == 302
    assert not opens(browser)
    assert opens(visitor(User.objects.get(pk=ana.pk)))
    assert events() == [("person.deactivate", "ok", "olga"), ("person.reactivate", "ok", "olga")]


def test_a_new_role_ends_every_session_and_counts(admin: User, ana: User) -> None:
    browser = visitor(ana)
    assert opens(browser)
    visitor(admin).post(f"/people/{ana.pk}/role/", {"role": "admin", "reason": "Olga retires"})
    assert not opens(browser)
    assert opens(visitor(User.objects.get(pk=ana.pk)), "/people/")
    event = Event.objects.get()
    assert (event.before, event.after, event.reason) == (
        {"role": "release_manager"},
        {"role": "admin"},
        "Olga retires",
    )


def test_a_new_initial_password_replaces_the_old_one(admin: User, ana: User) -> None:
    browser = visitor(ana)
    answer = visitor(admin).post(f"/people/{ana.pk}/password/", follow=True)
    assert not opens(browser)
    ana.refresh_from_db()
    assert ana.check_password(answer.context["made"].password)
    assert not ana.check_password(PASSWORD)


def test_nobody_takes_the_own_password_away(admin: User) -> None:
    browser = visitor(admin)
    answer = browser.post(f"/people/{admin.pk}/password/", follow=True)
    assert "Nothing was changed." in answer.text
    assert opens(browser)


@pytest.mark.parametrize("action", ["deactivate", "role"])
def test_the_last_active_admin_stays(admin: User, action: str) -> None:
    client = visitor(admin)
    answer = client.post(f"/people/{admin.pk}/{action}/", {"role": "viewer"})
    assert answer.status_code == 403
    assert "last active admin" in answer.text
    assert opens(client, "/people/")
    other = person(Role.ADMIN, "mei")
    assert visitor(other).post(f"/people/{admin.pk}/{action}/", {"role": "viewer"}).status_code == 302
    assert [result for _, result, _ in events()] == ["refused", "ok"]


def test_two_admins_cannot_remove_each_other_at_once(cloned_database: Clone) -> None:
    pair = [person(Role.ADMIN, "olga"), person(Role.ADMIN, "mei")]
    outcomes: list[str] = []
    barrier = threading.Barrier(2)

    def remove(actor: User, other: User) -> None:
        barrier.wait()
        try:
            services.deactivate(actor=actor, person=other)
            outcomes.append("done")
        except Refused as refusal:
            outcomes.append(refusal.code)
        connection.close()

    threads = [threading.Thread(target=remove, args=(pair[i], pair[1 - i])) for i in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "forbidden"]
    assert User.objects.filter(role=Role.ADMIN, is_active=True).count() == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.RELEASE_MANAGER, Role.AUDITOR])
@pytest.mark.parametrize("address", ["/people/", "/people/new/", "/tokens/new/"])
def test_only_admins_see_people(db: None, role: Role, address: str) -> None:
    answer = visitor(person(role)).get(address)
    assert answer.status_code == 403
    assert "The try is on record" in answer.text
    assert [(a, r) for a, r, _ in events()] == [("page.open", "refused")]
    assert visitor(person(Role.ADMIN)).get(address).status_code == 200


def test_doing_it_twice_is_refused_the_second_time(admin: User, ana: User) -> None:
    services.deactivate(actor=admin, person=ana)
    with pytest.raises(WrongState, match="deactivated already"):
        services.deactivate(actor=admin, person=ana)
    services.reactivate(actor=admin, person=ana)
    with pytest.raises(WrongState, match="active already"):
        services.reactivate(actor=admin, person=ana)
    with pytest.raises(WrongState, match="a release manager already"):
        services.change_role(actor=admin, person=ana, role=Role.RELEASE_MANAGER)
    with pytest.raises(Invalid, match="no role"):
        services.change_role(actor=admin, person=ana, role="king")


def test_a_deactivated_actor_may_nothing(admin: User, ana: User) -> None:
    person(Role.ADMIN, "mei")
    services.deactivate(actor=None, person=admin)
    admin.refresh_from_db()
    with pytest.raises(Forbidden):
        services.deactivate(actor=admin, person=ana)


def test_people_are_never_deleted(admin: User, ana: User) -> None:
    site = visitor(admin)
    assert site.get("/admin/users/user/").status_code == 200
    assert site.post(f"/admin/users/user/{ana.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=ana.pk).exists()


def test_the_admin_site_goes_through_the_services(admin: User, ana: User) -> None:
    site = visitor(admin)
    answer = site.post(f"/admin/users/user/{ana.pk}/change/", {"role": "auditor", "is_active": "on"})
    assert answer.status_code == 302
    ana.refresh_from_db()
    assert ana.role == Role.AUDITOR
    site.post(f"/admin/users/user/{admin.pk}/change/", {"role": "viewer", "is_active": "on"})
    admin.refresh_from_db()
    assert admin.role == Role.ADMIN
    assert events() == [("person.change_role", "ok", "olga"), ("person.change_role", "refused", "olga")]


def test_the_admin_site_is_for_admins_and_has_no_door_of_its_own(ana: User, admin: User) -> None:
    answer = visitor(ana).get("/admin/", follow=True)
    assert answer.status_code == 403
    assert events() == [("page.open", "refused", "ana")]
    assert visitor(admin).get("/admin/").status_code == 200
    assert Client().get("/admin/", follow=True).redirect_chain[-1][0].startswith("/login/")
    assert visitor(admin).get("/admin/password_change/")["Location"] == "/profile/"
