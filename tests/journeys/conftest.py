import pytest

from tests.journeys.web import web, web_env
from tests.shipping import Prepared

__all__ = ["template", "web", "web_env"]


@pytest.fixture(scope="session")
def template(prepared: Prepared) -> str:
    """What `cloned_database` copies in this folder."""
    return prepared.database
