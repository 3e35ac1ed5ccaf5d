"""What tests of back ends' pages begin with."""

import pytest

from deployments.models import Deployment, HandlerChange, HandlerState
from products.models import Environment, Product
from tests.deployments import fleets
from tests.deployments.back_ends import NAMES, add_back_end, put_fleet
from tests.deployments.rows import environment, estate, live, ready
from tests.examples import person
from users.models import User
from users.permissions import Role


@pytest.fixture
def manager() -> User:
    return person(Role.RELEASE_MANAGER)


@pytest.fixture
def product() -> Product:
    return estate()


@pytest.fixture
def test(product: Product) -> Environment:
    return environment(product, "test")


@pytest.fixture
def deployed(product: Product, test: Environment, manager: User) -> Deployment:
    """1.0.0 and then 2.0.0 of both halves went live in test; the old versions are published."""
    fleet = put_fleet(test, fleets.fleet(NAMES))
    for version in ("1", "2"):
        release = ready(product, f"{version}.0.0", manager)
        add_back_end(release, fleets.release(NAMES, version))
        deployment = live(test, release, manager)
        HandlerChange.objects.filter(deployment=deployment).update(state=HandlerState.DONE)
        put_back = {name: fleets.seen(version, name=name, live=version) for name in NAMES}
        fleet.known.all().delete()
        put_fleet(test, put_back, running=deployment)
        for name in NAMES:
            fleet.versions.create(name=name, number=int(version), sha256=put_back[name].sha256, memory=256)
    return deployment
