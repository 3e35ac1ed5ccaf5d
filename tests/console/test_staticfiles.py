"""Static files: found, versioned for the demo, hashed and packed for production."""

import json
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.templatetags.static import static
from django.test import override_settings

from tests.console.sources import named_static_files
from timcombo_console.staticfiles import FILES, NodeFinder

HASHED = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "timcombo_console.staticfiles.HashedStorage"},
}


@pytest.mark.parametrize("name", FILES)
def test_the_listed_files_of_packages_are_found(name: str) -> None:
    assert finders.find(f"npm/{name}")


def test_other_files_of_packages_are_not() -> None:
    finder = NodeFinder()
    assert finder.find("npm/@tabler/core/package.json") == []
    assert finder.find("npm/../package.json") == []
    assert finder.find(FILES[0]) == []


def test_every_file_that_a_template_names_is_there() -> None:
    assert {name for name in named_static_files() if not finders.find(name)} == set()


def test_an_address_carries_the_hash_of_the_file() -> None:
    assert static("css/base.css") == static("css/base.css")
    assert "?v=" in static("css/base.css")
    assert static("css/base.css").partition("?")[2] != static("css/parts.css").partition("?")[2]


def test_production_collects_hashed_and_packed_files(tmp_path: Path) -> None:
    with override_settings(STORAGES=HASHED, STATIC_ROOT=tmp_path):
        call_command("collectstatic", interactive=False, verbosity=0)
    names = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    assert named_static_files() <= names.keys()
    base = tmp_path / names["css/base.css"]
    assert names[f"npm/{FILES[3]}"].rpartition("/")[2] in base.read_text()
    tabler = tmp_path / names[f"npm/{FILES[0]}"]
    packed = tabler.with_name(f"{tabler.name}.br")
    assert packed.stat().st_size < 0.2 * tabler.stat().st_size
