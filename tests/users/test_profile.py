"""One's own password, theme and keys; and the page that says who may do what."""

import io

import pytest
from django.core.management import CommandError, call_command

from tests.examples import PASSWORD, person
from tests.users.rows import events, visitor
from users.models import User
from users.permissions import PERMISSIONS, ROLES, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> User:
    return person(Role.VIEWER, "ana")


def test_a_new_password_keeps_this_session_and_ends_the_others(ana: User) -> None:
    here, elsewhere = visitor(ana), visitor(ana)
    answer = here.post("/profile/", {"current": PASSWORD, "new": "quite another one"})
    assert answer.status_code == 302
    assert here.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302
    ana.refresh_from_db()
    assert ana.check_password("quite another one")
    assert events() == [("own.change_password", "ok", "ana")]


@pytest.mark.parametrize(
    ("current", "new", "text"),
    [
        ("wrong", "quite another one", "This is not your password"),
        (PASSWORD, PASSWORD, "Choose another"),
        (PASSWORD, "mynewpw", "too short"),
        (PASSWORD, "1qaz2wsx3edc", "too common"),
    ],
)
def test_what_does_not_hold_is_said_at_the_field(ana: User, current: str, new: str, text: str) -> None:
    answer = visitor(ana).post("/profile/", {"current": current, "new": new})
    assert answer.status_code == 422
    assert text in answer.text
    assert new not in answer.text
    ana.refresh_from_db()
    assert ana.check_password(PASSWORD)


def test_theme_and_keys_are_kept(ana: User) -> None:
    client = visitor(ana)
    assert 'data-bs-theme="auto"' in client.get("/profile/").text
    assert client.post("/profile/settings/", {"theme": "dark"}).status_code == 302
    page = client.get("/profile/").text
    assert 'data-bs-theme="dark"' in page
    assert "data-shortcuts" not in page
    answer = client.post("/profile/theme/", {"theme": "light", "next": "/tokens/"})
    assert answer["Location"] == "/tokens/"
    assert client.post("/profile/theme/", {"theme": "pink"}).status_code == 422
    ana.refresh_from_db()
    assert (ana.theme, ana.shortcuts) == ("light", False)


def test_the_page_says_of_every_role_and_permission_what_is_so(ana: User) -> None:
    answer = visitor(ana).get("/permissions/")
    shown = {text: held for text, held, _ in answer.context["rows"]}
    assert shown == {text: [name in ROLES[role] for role in Role] for name, text in PERMISSIONS.items()}
    assert all(role.label in answer.text for role in Role)


def test_the_first_admin_comes_from_the_command_line() -> None:
    out = io.StringIO()
    call_command("create_admin", "Olga", name="Olga Petrova", stdout=out)
    olga = User.objects.get()
    assert (olga.username, olga.role, olga.password_is_initial) == ("olga", Role.ADMIN, True)
    assert olga.check_password(out.getvalue().split()[-1])
    with pytest.raises(CommandError, match=r"No admin was created\. Somebody has this user name"):
        call_command("create_admin", "olga")
    assert User.objects.count() == 1
    assert events() == [("person.create", "ok", "console"), ("person.create", "refused", "console")]
