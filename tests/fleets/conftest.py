import pytest

from tests.fleets.world import FleetWorld, fleet_world, handlers_there
from tests.shipping import Prepared

__all__ = ["FleetWorld", "fleet_world", "handlers_there", "template"]


@pytest.fixture(scope="session")
def template(prepared: Prepared) -> str:
    """What `cloned_database` copies in this folder."""
    return prepared.database
