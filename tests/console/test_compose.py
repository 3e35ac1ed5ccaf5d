"""`docker-compose.yml`: what it starts, with which settings, exists and holds together."""

import os
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.databases import CHECKOUT

FILE = {
    "CONSOLE_SECRET_KEY": "0123456789abcdef" * 4,
    "CONSOLE_ALLOWED_HOSTS": "console.example.com",
    "CONSOLE_PUBLIC_URL": "https://console.example.com",
    "CONSOLE_DATABASE_PASSWORD": "of-the-application",
    "POSTGRES_PASSWORD": "of-the-owner",
}
"""The `.env` that docs/OPERATIONS.md asks for."""

VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def _filled(text: str, values: dict[str, str]) -> str:
    """Put in the values as compose does: `:-` is a default, `:?` a refusal in words."""

    def value(found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        if kind == "?" and name not in values:
            raise LookupError(rest)
        return values.get(name, rest if kind == "-" else "")

    return VARIABLE.sub(value, text)


def _compose(values: dict[str, str] = FILE) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(_filled((CHECKOUT / "docker-compose.yml").read_text(), values))
    return found


@pytest.mark.parametrize("name", sorted(FILE))
def test_a_secret_that_is_missing_is_asked_for(name: str) -> None:
    assert _compose()["services"]
    with pytest.raises(LookupError, match=f"set {name} in .env"):
        _compose({key: value for key, value in FILE.items() if key != name})


def test_what_services_name_is_there() -> None:
    found = _compose()
    services = found["services"]
    assert set(services) == {*("postgres", "redis", "migrate", "web", "worker", "watcher", "waker", "beat")}
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= set(services), name
        assert {volume.partition(":")[0] for volume in service.get("volumes", ())} <= set(found["volumes"])
        assert service["restart"] in ("always", "on-failure"), name
        assert "healthcheck" in service or name == "migrate", name
    assert {
        queue for name in ("worker", "watcher", "waker") for queue in _after(services[name]["command"], "-Q")
    } == {
        "runs",
        "watch",
        "wake",
    }


def _after(command: list[str], option: str) -> list[str]:
    return [command[place + 1] for place, word in enumerate(command) if word == option]


def test_only_settings_that_are_read_are_set_and_only_the_owner_migrates() -> None:
    services = _compose()["services"]
    read = (CHECKOUT / "timcombo_console" / "settings.py").read_text()
    owner = (CHECKOUT / "docs" / "OPERATIONS.md").read_text()
    for name in ("web", "worker", "watcher", "waker", "beat"):
        environment = services[name]["environment"]
        assert "DATABASE_OWNER_URL" not in environment
        assert FILE["POSTGRES_PASSWORD"] not in str(environment)
        for variable in environment:
            assert f'"{variable}"' in read, variable
            assert f"`{variable}`" in owner, variable
    assert "@postgres/console" in services["migrate"]["environment"]["DATABASE_OWNER_URL"]


@pytest.mark.slow
def test_production_starts_with_what_it_sets(tmp_path: Path) -> None:
    environment = {name: str(value) for name, value in _compose()["services"]["web"]["environment"].items()}
    asked = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    kept = {"PATH": os.environ["PATH"], "CONSOLE_VAR": str(tmp_path)}
    done = subprocess.run(
        asked, cwd=CHECKOUT, env={**kept, **environment}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_the_commands_and_locks_of_the_image_exist() -> None:
    image = (CHECKOUT / "Dockerfile").read_text()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", image, re.MULTILINE)
    assert all((CHECKOUT / name).exists() for line in copied for name in line.split())
    assert re.search(r"^USER console$", image, re.MULTILINE)
    services = _compose()["services"]
    tested = [services[name]["healthcheck"]["test"] for name in ("worker", "waker")]
    named = [services["migrate"]["command"], *(test[1:] for test in tested)]
    for command in named:
        assert any(CHECKOUT.glob(f"*/management/commands/{command[2]}.py")), command


def test_nothing_private_is_copied_into_the_image() -> None:
    left_out = (CHECKOUT / ".dockerignore").read_text().split()
    for private in (".env", ".env.production", "var", ".venv", ".git"):
        assert any(fnmatch(private, pattern) for pattern in left_out), private
