"""People of each role, and the estate of the document."""

from collections.abc import Callable

import pytest
from django.test import Client

from products.models import Environment
from tests.estate_rows import put_estate
from users.models import User
from users.permissions import Role


def person(role: str) -> User:
    return User.objects.create_user(
        username=role, role=role, display_name=role.replace("_", " ").capitalize()
    )


@pytest.fixture
def estate(db: None) -> None:
    put_estate()


@pytest.fixture
def admin(db: None) -> User:
    return person(Role.ADMIN)


@pytest.fixture
def manager(db: None) -> User:
    return person(Role.RELEASE_MANAGER)


@pytest.fixture
def viewer(db: None) -> User:
    return person(Role.VIEWER)


@pytest.fixture
def dev(estate: None) -> Environment:
    return Environment.objects.get(product__slug="tim-combo", name="dev")


@pytest.fixture
def prod(estate: None) -> Environment:
    return Environment.objects.get(product__slug="tim-combo", name="prod")


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """A browser in which that person is signed in."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in
