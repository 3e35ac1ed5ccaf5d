"""The shell script that a newcomer types, where it does not come to start anything."""

import subprocess
from pathlib import Path

import pytest

from tests.supervisor.console_run import copy_checkout, environment

OLD = "#!/bin/sh\nexit 1\n"
"""A Python that is too old, whatever it is asked."""

WITHOUT_VENV = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\nexit 0\n'
"""Debian's Python without its package python3-venv."""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("script") / "check out"
    copy_checkout(folder)
    return folder


def console(checkout: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    argv = [str(checkout / "console"), *arguments]
    return subprocess.run(argv, cwd="/", env=environment(**env), capture_output=True, text=True, timeout=60)


def with_python(folder: Path, script: str) -> dict[str, str]:
    """An environment in which only `script` is a Python, and there is no venv yet."""
    names = ("python3", "python3.14", "python3.13", "python3.12", "python3.11")
    for name in names:
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin", "CONSOLE_VENV": str(folder / "none")}


def test_it_says_what_it_can_do(checkout: Path) -> None:
    for arguments in ([], ["help"], ["--help"]):
        done = console(checkout, *arguments)
        assert (done.returncode, done.stdout.splitlines()[0]) == (0, "usage: ./console COMMAND")


def test_an_unknown_command_is_named(checkout: Path) -> None:
    done = console(checkout, "start")
    assert done.returncode == 1
    assert "There is no command 'start'." in done.stderr


def test_a_python_that_is_too_old_is_no_python(checkout: Path, tmp_path: Path) -> None:
    done = console(checkout, "up", **with_python(tmp_path, OLD))
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed" in done.stderr


def test_a_missing_venv_module_is_named_with_its_package(checkout: Path, tmp_path: Path) -> None:
    done = console(checkout, "up", **with_python(tmp_path, WITHOUT_VENV))
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr


def test_manage_without_a_running_console_says_what_to_start(checkout: Path) -> None:
    done = console(checkout, "manage", "shell")
    assert done.returncode == 1
    assert "Start ./console up in another terminal" in done.stderr


def test_through_a_link_it_finds_its_checkout(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "linked").symlink_to(checkout / "console")
    done = subprocess.run([tmp_path / "linked", "manage"], env=environment(), capture_output=True, text=True)
    assert "No console runs here" in done.stderr
