import pytest

from tests.shipping import Prepared


@pytest.fixture(scope="session")
def template(prepared: Prepared) -> str:
    """What `cloned_database` copies in this folder."""
    return prepared.database
