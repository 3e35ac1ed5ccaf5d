import pytest

from tests.fleets.world import FleetWorld, fleet_world
from tests.shipping import Prepared

__all__ = ["FleetWorld", "fleet_world", "template"]


@pytest.fixture(scope="session")
def template(prepared: Prepared) -> str:
    """What `cloned_database` copies in this folder."""
    return prepared.database
