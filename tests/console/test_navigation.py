"""Where the header leads, and which entry a page belongs to."""

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import reverse

from timcombo_console.context import PLACES, place_of
from users.models import User
from users.permissions import Role


def header(role: Role, theme: str = "auto") -> str:
    request = RequestFactory().get("/")
    request.user = User(username="ana", display_name="Ana Ruiz", role=role, theme=theme)
    return str(render_to_string("base.html", request=request))


@pytest.mark.parametrize(
    "name", [place.name for place in PLACES] + ["search", "profile", "tokens", "theme", "logout"]
)
def test_every_entry_leads_somewhere(name: str) -> None:
    assert reverse(name)


@pytest.mark.parametrize(
    ("role", "sees"),
    [(Role.ADMIN, {"Accounts", "People", "Audit log"}), (Role.AUDITOR, {"Audit log"}), (Role.VIEWER, set())],
)
def test_a_role_sees_what_it_may_open(role: Role, sees: set[str]) -> None:
    page = header(role)
    shown = {place.label for place in PLACES if f">{place.label}</a>" in page}
    assert shown & {"Accounts", "People", "Audit log"} == sees
    assert "Environments" in shown


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "matrix"),
        ("/products/people/", "matrix"),
        ("/products/tim-combo/environments/prod/", "matrix"),
        ("/products/tim-combo/environments/prod/promote/1.1.0/", "matrix"),
        ("/products/tim-combo/releases/1.1.0/", "releases"),
        ("/products/tim-combo/compare/", "releases"),
        ("/products/tim-combo/configuration/", "configurations"),
        ("/configuration/", "configurations"),
        ("/deployments/7/", "deployments"),
        ("/statistics/", "deployments"),
        ("/products/tim-combo/statistics/", "deployments"),
        ("/audit/events/7/", "audit"),
        ("/on-call/", "on-call"),
        ("/login/", ""),
    ],
)
def test_a_page_belongs_to_one_entry(path: str, name: str) -> None:
    assert place_of(path) == name


def test_the_page_is_drawn_in_the_persons_theme() -> None:
    assert 'data-bs-theme="dark"' in header(Role.VIEWER, "dark")
    assert 'data-bs-theme="auto"' in header(Role.VIEWER)


def test_who_is_not_signed_in_sees_no_navigation() -> None:
    page = render_to_string("404.html", request=RequestFactory().get("/nowhere/"))
    assert "There is no page here" in page
    assert "<nav" not in page
