"""Where the embedded servers live."""

import os
import stat
import tempfile
from pathlib import Path

import pytest

from timcombo_console.supervisor.home import LONGEST_SOCKET_PATH, Home, SetupError, home_of


def test_two_checkouts_have_two_homes(tmp_path: Path) -> None:
    one, other = home_of(tmp_path / "one"), home_of(tmp_path / "other")
    assert one.folder != other.folder
    assert one == home_of(tmp_path / "one")
    for home in (one, other):
        if home.folder.exists():
            home.folder.rmdir()


def test_private_folders_are_closed_to_others(tmp_path: Path) -> None:
    folder = Home(tmp_path, None, "0").private("one/two")
    assert [stat.S_IMODE(each.stat().st_mode) for each in (folder, folder.parent)] == [0o700, 0o700]


def test_sockets_lie_beside_the_data_where_the_path_is_short() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as root:
        assert Home(Path(root), None, "0").sockets("pg") == Path(root) / "pg" / "sockets"


def test_sockets_of_a_long_path_lie_in_a_private_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/tmp")
    home = Home(tmp_path / ("x" * 120), None, "test")
    folder = home.sockets("pg")
    try:
        assert len(os.fsencode(folder)) < LONGEST_SOCKET_PATH
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert home.sockets("pg") == folder
        folder.chmod(0o755)
        with pytest.raises(SetupError, match="belongs to somebody else"):
            home.sockets("pg")
    finally:
        folder.rmdir()
