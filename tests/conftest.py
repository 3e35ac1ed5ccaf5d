"""What all tests share: the emulated cloud, the console on it with its workers, and the databases (`tests.databases`, loaded by pyproject.toml)."""

from collections.abc import Iterator

import hypothesis
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import override_settings

pytest_plugins = ["tests.cloud", "tests.estate_rows", "tests.shipping", "tests.crew"]

# A machine that does other work at the same time is no failure of what is tested.
hypothesis.settings.register_profile(
    "console", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("console")


class QuickArgon2(Argon2PasswordHasher):
    """The console's algorithm at its lowest cost: what is slow for an attacker is slow for tests."""

    time_cost, memory_cost, parallelism = 1, 8, 1


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hash passwords in this process quickly; one that another process hashed is verified all the same."""
    with override_settings(PASSWORD_HASHERS=[f"{__name__}.{QuickArgon2.__name__}"]):
        yield
