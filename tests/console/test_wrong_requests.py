"""Requests that no browser sends: each is answered by a page in words, never by a failure."""

import pytest
from django.test import Client

from tests.deployments.rows import estate, ready
from tests.examples import person
from tests.users.rows import visitor
from users.models import User
from users.permissions import Role

pytestmark = pytest.mark.django_db

TIM = "/products/tim-combo"
HOSTNAMES = f"{TIM}/environments/test/hostnames/"


@pytest.fixture
def manager() -> User:
    made = person(Role.RELEASE_MANAGER)
    ready(estate(), "1.0.0", made)
    return made


@pytest.fixture
def browser(manager: User) -> Client:
    return visitor(manager)


@pytest.mark.parametrize(
    "address",
    [
        "/search/?q=%00",
        "/releases/?product=%00",
        "/deployments/?product=%00&environment=test",
        f"{TIM}/releases/%00/",
        f"{TIM}/environments/test/promote/%00/",
        "/audit/?person=%00",
        "/?%00=1",
    ],
)
def test_nul_in_an_address_is_answered_by_a_page(browser: Client, address: str) -> None:
    answer = browser.get(address)
    assert (answer.status_code, "the character NUL" in answer.text) == (400, True)
    assert browser.get(address.replace("%00", "1.0.0")).status_code in (200, 302, 422)


def test_nul_in_a_form_is_answered_by_a_page(manager: User) -> None:
    admin = visitor(person(Role.ADMIN))
    for fields in ({"names": "a\0.com", "reason": "x"}, {"names": "a.com", "reason": "\0"}, {"\0": ""}):
        assert admin.post(HOSTNAMES, fields).status_code == 400
    assert admin.post(HOSTNAMES, {"names": "other.tim-combo.com", "reason": "x"}).status_code == 302
    assert visitor(manager).post(f"{TIM}/environments/test/promote/%00/", {"reason": "x"}).status_code == 400
    assert Client().post("/login/", {"username": "a\0", "password": "b"}).status_code == 400


@pytest.mark.parametrize("time", ["2026-13-45T00:00", "0001-01-01T00:00+14:00"])
def test_changes_since_no_time(browser: Client, time: str) -> None:
    assert browser.get("/changes/", {"since": time}).status_code == 422
    assert browser.get("/changes/", {"since": "2026-11-22T09:00:00Z"}).status_code == 200


def test_nul_in_a_cookie() -> None:
    for path in ("/", "/api/v1/products"):
        answer = Client().get(path, headers={"Cookie": r'sessionid="aaaaaaaa\000"'})
        assert (answer.status_code, answer["Content-Type"].startswith("text/html")) == (400, path == "/")
    assert Client().get("/", headers={"Cookie": "sessionid=aaaaaaaa"}).status_code == 302


def test_nul_in_a_call_without_a_good_token() -> None:
    for bearer in ("tcc_wrong", "a\0b"):
        answer = Client().get("/api/v1/products/%00/releases", headers={"Authorization": f"Bearer {bearer}"})
        assert answer.status_code == 422
    assert Client().get("/api/v1/products/%00/releases").status_code == 401
