"""The processes of one test run: how many there are, which tests come first, and whose turn it is.

Each process has servers of its own (`tests.databases`), so tests mind one another only by the time they take. One
whose limit is a matter of seconds is marked `alone`: it runs while no other test does.
"""

import fcntl
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import SESSION

MORE_THAN_CORES = 1
"""Tests often wait, for a lease to end or a worker to start: one process more than cores keeps them busy."""

ENOUGH = 8
"""With more, the longest tests are what a run takes."""


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """What `-n auto` means: no process besides pytest's own when only single files or tests are asked for."""
    if config.args_source is config.ArgsSource.ARGS and all(".py" in each for each in config.args):
        return 0
    return min(len(os.sched_getaffinity(0)) + MORE_THAN_CORES, ENOUGH)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process that begins where they all meet: in the folder of the one that starts them."""
    node.workerinput["turns"] = str(SESSION.folder)


def pytest_configure(config: pytest.Config) -> None:
    if started := getattr(config, "workerinput", None):
        config.pluginmanager.register(Turns(Path(started["turns"])))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put those first that would be in the way later.

    `alone`: while the others have not begun. `up`: before anybody steals from the end of this process's list, so that
    one process does all that share a console. `slow`: while there is other work for the others.
    """
    items.sort(key=lambda item: [not _is(item, mark) for mark in ("alone", "up", "slow")])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_report_to_serializable() -> Generator[None, object, object]:
    """Let what a test said travel between processes: half a character, which some tests are about, does not."""
    return _travelling((yield))


class Turns:
    """Lets the tests of all processes that meet in `folder` run together, and those marked `alone` by themselves.

    `room` is shared by the tests that run. Each that begins passes the `gate`: who waits there to be alone is not
    overtaken.
    """

    def __init__(self, folder: Path) -> None:
        self._gate, self._room = ((folder / name).open("w") for name in ("gate", "room"))
        self._alone = False

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        if not self._alone:
            self._enter(fcntl.LOCK_EX if _is(item, "alone") else fcntl.LOCK_SH)
        try:
            return (yield)
        finally:
            self._alone = _is(item, "alone") and nextitem is not None and _is(nextitem, "alone")
            if not self._alone:
                fcntl.flock(self._room, fcntl.LOCK_UN)

    def _enter(self, how: int) -> None:
        fcntl.flock(self._gate, fcntl.LOCK_EX)
        fcntl.flock(self._room, how)
        fcntl.flock(self._gate, fcntl.LOCK_UN)


def _travelling(value: object) -> object:
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, dict):
        return {_travelling(name): _travelling(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_travelling, value))
    return value


def _is(item: pytest.Item, mark: str) -> bool:
    return item.get_closest_marker(mark) is not None
