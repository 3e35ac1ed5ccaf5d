"""API tokens: shown once, kept as a hash, never more than their person, and dead at once when they should be."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from audit.models import Event
from audit.services import record
from tests.examples import person
from tests.users.rows import events, visitor
from users import services, tokens
from users.actions import allowed
from users.models import ApiToken, User
from users.permissions import Role
from users.refusals import Forbidden, Invalid, WrongState

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return person(Role.ADMIN, "olga")


@pytest.fixture
def ci() -> User:
    return person(Role.RELEASE_MANAGER, "ci")


def issued(
    admin: User, user: User, scopes: tuple[str, ...] = ("releases",), days: int = 30
) -> tuple[ApiToken, str]:
    return tokens.issue(actor=admin, user=user, name="build", scopes=list(scopes), days=days)


def test_it_is_shown_once_and_kept_as_a_hash(admin: User, ci: User) -> None:
    site = visitor(admin)
    values = {"user": ci.pk, "name": "build", "scopes": ["releases"], "days": 90}
    answer = site.post("/tokens/new/", values, follow=True)
    raw = answer.context["raw"]
    assert raw in answer.text
    assert "no-store" in answer["Cache-Control"]
    token = ApiToken.objects.get()
    assert raw.startswith(token.prefix + "_")
    assert raw[13:] not in str(ApiToken.objects.values().get()) + str(Event.objects.values().get())
    assert raw[13:] not in site.get("/tokens/").text
    assert token.prefix in site.get("/tokens/").text
    assert timedelta(days=89) < token.expires_at - timezone.now() <= timedelta(days=90)


def test_loading_its_page_anew_issues_nothing_and_shows_nothing(admin: User, ci: User) -> None:
    site = visitor(admin)
    values = {"user": ci.pk, "name": "build", "scopes": ["releases"], "days": 90}
    made = site.post("/tokens/new/", values)
    cookie = made.cookies["shown_once"]
    assert made.status_code == 302
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", made["Location"])
    raw = site.get(made["Location"]).context["raw"]
    assert not any(raw in str(one.get_decoded()) for one in Session.objects.all())
    again = site.get(made["Location"], follow=True)
    assert "shown once" in again.text
    assert raw not in again.text
    assert ApiToken.objects.count() == 1


def test_what_carries_its_text_serves_nobody_else_and_no_other_page(admin: User, ci: User) -> None:
    site = visitor(admin)
    values = {"user": ci.pk, "name": "build", "scopes": ["releases"], "days": 90}
    made = site.post("/tokens/new/", values)
    other = visitor(person(Role.ADMIN, "pia"))
    token, _ = issued(admin, ci)
    for client, address in ((other, made["Location"]), (site, f"/tokens/{token.pk}/shown/")):
        client.cookies["shown_once"] = made.cookies["shown_once"].value
        assert client.get(address).status_code == 302
    assert visitor(ci).get(made["Location"]).status_code == 403


def test_it_opens_the_api_for_its_person(admin: User, ci: User) -> None:
    token, raw = issued(admin, ci)
    assert tokens.authenticate(raw) == token
    for wrong in ("", "x", raw[:-1], raw[:13], raw + "x", "tcc_00000000_" + raw[13:]):
        assert tokens.authenticate(wrong) is None


def test_it_ends_by_time_by_revocation_and_with_its_person(admin: User, ci: User) -> None:
    token, raw = issued(admin, ci)
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert tokens.authenticate(raw) is None
    ApiToken.objects.update(expires_at=timezone.now() + timedelta(days=1))
    assert tokens.authenticate(raw) == token
    services.deactivate(actor=admin, person=ci)
    assert tokens.authenticate(raw) is None
    services.reactivate(actor=admin, person=ci)
    assert tokens.authenticate(raw) == token
    tokens.revoke(actor=admin, token=token)
    assert tokens.authenticate(raw) is None


def test_its_use_is_noted_once_a_minute(admin: User, ci: User) -> None:
    _, raw = issued(admin, ci)
    tokens.authenticate(raw)
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    tokens.authenticate(raw)
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(seconds=61))
    tokens.authenticate(raw)
    assert (ApiToken.objects.get().last_used_at or first) > first - timedelta(seconds=61)


def test_it_may_what_its_person_may_and_its_scopes_cover(admin: User, ci: User) -> None:
    token, _ = issued(admin, ci, ("releases", "config"))
    assert allowed(ci, "deployment.promote")
    with tokens.acting_with(token, "10.0.0.9"):
        assert allowed(ci, "release.register")
        assert not allowed(ci, "deployment.promote")
        assert not allowed(ci, "config.edit")
        event = record(actor=ci, action="test.note")
    assert allowed(ci, "deployment.promote")
    assert (event.channel, event.address, event.token) == ("api", "10.0.0.9", f"build ({token.prefix}…)")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
        ({"name": "  "}, "name"),
    ],
)
def test_what_does_not_hold_is_refused_by_its_field(
    admin: User, ci: User, changed: dict[str, object], field: str
) -> None:
    good: dict[str, object] = {"name": "build", "scopes": ["read"], "days": 365}
    with pytest.raises(Invalid) as refusal:
        tokens.issue(actor=admin, user=ci, **{**good, **changed})  # type: ignore[arg-type]
    assert list(refusal.value.details["errors"]) == [field]
    tokens.issue(actor=admin, user=ci, **good)  # type: ignore[arg-type]
    assert [result for _, result, _ in events()] == ["refused", "ok"]


def test_each_sees_and_revokes_the_own_ones_and_admins_all(admin: User, ci: User) -> None:
    token, _ = issued(admin, ci)
    stranger = person(Role.VIEWER, "stranger")
    assert token.prefix in visitor(ci).get("/tokens/").text
    assert token.prefix not in visitor(stranger).get("/tokens/").text
    assert visitor(stranger).post(f"/tokens/{token.pk}/revoke/").status_code == 403
    with pytest.raises(Forbidden):
        tokens.revoke(actor=stranger, token=token)
    assert visitor(ci).post(f"/tokens/{token.pk}/revoke/").status_code == 302
    with pytest.raises(WrongState, match="revoked already"):
        tokens.revoke(actor=admin, token=token)
    other, _ = issued(admin, ci)
    assert visitor(admin).post(f"/tokens/{other.pk}/revoke/").status_code == 302


def test_only_admins_issue(ci: User, admin: User) -> None:
    assert visitor(ci).post("/tokens/new/", {}).status_code == 403
    with pytest.raises(Forbidden):
        issued(ci, ci)
    assert not ApiToken.objects.exists()
    issued(admin, ci)
    assert ApiToken.objects.count() == 1
