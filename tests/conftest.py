"""What all tests share: the emulated cloud, the console on it with its workers, and the databases (`tests.databases`, loaded by pyproject.toml)."""

pytest_plugins = ["tests.cloud", "tests.shipping", "tests.crew"]
