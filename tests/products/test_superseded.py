"""What a save on top of a configuration that is not the newest is told."""

import pytest

from products.models import Environment
from products.revisions import values_of
from products.services.configuration import save_config
from tests.deployments.rows import environment, estate
from tests.examples import person
from users.permissions import Role
from users.refusals import WrongState

pytestmark = pytest.mark.django_db


@pytest.fixture
def dev() -> Environment:
    """Its newest configuration is revision 2, which says how fast it is."""
    dev, admin = environment(estate(), "dev"), person(Role.ADMIN, "olga")
    values = {**values_of(dev), "SPEED": "2"}
    save_config(actor=admin, environment=dev, values=values, reason="Try it.", revision=1)
    return dev


@pytest.mark.parametrize(
    ("revision", "told"),
    [
        (1, "Changed since: SPEED."),
        (-5, "has no configuration revision -5; the newest is 2."),
        (9, "has no configuration revision 9; the newest is 2."),
    ],
)
def test_it_names_what_changed_or_that_there_is_no_such_revision(
    dev: Environment, revision: int, told: str
) -> None:
    admin = person(Role.ADMIN, "mei")
    with pytest.raises(WrongState) as caught:
        save_config(actor=admin, environment=dev, values={"A": "3"}, reason="Mine.", revision=revision)
    assert told in caught.value.text
