"""What all tests share: the emulated cloud, and the databases (`tests.databases`, loaded by pyproject.toml)."""

pytest_plugins = ["tests.cloud"]
