import pytest
from django.test import Client

from tests.journeys.web import web, web_env
from tests.shipping import Prepared, World

__all__ = ["template", "web", "web_env"]


@pytest.fixture(scope="session")
def template(prepared: Prepared) -> str:
    """What `cloned_database` copies in this folder."""
    return prepared.database


@pytest.fixture
def browser(world: World) -> Client:
    """A release manager's browser."""
    from users.models import User

    client = Client()
    manager = User.objects.filter(role="release_manager").first()
    assert manager is not None
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    return client
