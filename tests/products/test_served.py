"""Before a configuration is saved, its page says which keys the running release still reads."""

import pytest
from django.test import Client

from deployments.models import Artifact
from products.models import Environment, Product
from products.services import save_config
from tests.deployments.rows import environment, estate, live, ready
from tests.examples import person
from users.permissions import Role

pytestmark = pytest.mark.django_db

PAGE = "/products/tim-combo/configuration/dev/"
KEY = "REACT_APP_API_URL"


@pytest.fixture
def product() -> Product:
    return estate()


@pytest.fixture
def dev(product: Product) -> Environment:
    return environment(product, "dev")


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(person(Role.ADMIN))
    return client


def run(dev: Environment, target: str = Artifact.ANY) -> None:
    by = person(Role.RELEASE_MANAGER)
    live(dev, ready(dev.product, "1.0.0", by, target=target), by)


def values_of(dev: Environment) -> dict[str, str]:
    assert dev.config is not None
    return dict(dev.config.values)


def look(admin: Client, values: dict[str, str]) -> str:
    """The page with the difference, before it is saved."""
    text = "\n".join(f"{key}={value}" for key, value in values.items())
    answer = admin.post(PAGE, {"act": "look", "text": text})
    assert answer.status_code == 200, answer.content.decode()
    return str(answer.content.decode())


def test_a_key_that_is_removed_or_changed_is_named(admin: Client, dev: Environment) -> None:
    run(dev)
    had = values_of(dev)
    first, second, *_ = sorted(had)
    page = look(admin, {key: value for key, value in had.items() if key != first} | {second: "other"})
    assert f"{first} is removed, and the running release 1.0.0 still reads it from /config.json." in page
    assert f"{second} is changed, and the running release 1.0.0 still reads it from /config.json." in page


def test_a_new_key_is_read_by_nobody_yet(admin: Client, dev: Environment) -> None:
    run(dev)
    assert "still reads it" not in look(admin, values_of(dev) | {"NEW": "1"})


def test_what_the_running_release_never_got_is_not_named(admin: Client, dev: Environment) -> None:
    run(dev)
    had = values_of(dev)
    actor = person(Role.ADMIN, "another")
    save_config(actor=actor, environment=dev, values=had | {"NEW": "1"}, reason="Try.", revision=1)
    assert "still reads it" not in look(admin, had)


@pytest.mark.parametrize("target", ["", "dev"])
def test_nothing_is_said_where_no_file_is_served(admin: Client, dev: Environment, target: str) -> None:
    if target:
        run(dev, target)
    had = values_of(dev)
    assert "still reads it" not in look(admin, dict.fromkeys(had, "other"))


def test_restoring_says_it_too(admin: Client, dev: Environment) -> None:
    had = values_of(dev)
    actor = person(Role.ADMIN, "another")
    save_config(actor=actor, environment=dev, values=had | {"NEW": "1"}, reason="Try.", revision=1)
    run(environment(dev.product, "dev"))
    page = admin.get(f"{PAGE}restore/1/").content.decode()
    assert "NEW is removed, and the running release 1.0.0 still reads it from /config.json." in page
