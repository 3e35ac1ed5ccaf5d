"""The parts of `bench sync`: trees, the worker, one small round of each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.peers import S5cmd
from bench.simulator import ARCHIVE, ENVIRONMENT, PEER, simulator
from bench.sync import Ground, check, faults, no_change, promote, rebuilt, rollback
from bench.tree import rebuild, touch_all, write_tree
from bench.worker import Worker
from deployments.models import Delivered, EnvironmentState, Release
from tests.workers import Clone

FILES = 120


def contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def test_a_tree_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_tree(tmp_path / name, FILES, 1)
    one = contents(tmp_path / "one")
    assert one == contents(tmp_path / "two")
    assert len(one) == FILES
    assert 0.9e6 < sum(map(len, one.values())) < 1.1e6


def test_a_rebuild_changes_as_many_files_as_it_says(tmp_path: Path) -> None:
    write_tree(tmp_path / "tree", FILES, 1)
    before = contents(tmp_path / "tree")
    changed = rebuild(tmp_path / "tree", 0.05, seed=1)
    after = contents(tmp_path / "tree")
    assert len(after) == FILES
    assert sum(before.get(path) != body for path, body in after.items()) == changed == 6
    assert before["index.html"] != after["index.html"]


@pytest.fixture
def ground(cloned_database: Clone, tmp_path: Path) -> Iterator[Ground]:
    tree = tmp_path / "bench" / "build"
    write_tree(tree, FILES, 1)
    touch_all(tree, 1_700_000_000)
    settings = {"DJANGO_SETTINGS_MODULE": "timcombo_console.settings", "CONSOLE_LOG_LEVEL": "ERROR"}
    environment = {**cloned_database.env, **settings}
    with simulator(ARCHIVE, ENVIRONMENT, PEER) as sim, Worker(sim.url, environment) as worker:
        yield Ground(sim, worker, tree, rounds=1)


@pytest.fixture
def s5cmd(ground: Ground) -> S5cmd:
    return S5cmd(ground.sim.url)


def test_a_promotion_copies_everything(ground: Ground, s5cmd: S5cmd) -> None:
    rows = promote(ground, "promote", [s5cmd], {"s5cmd": 100}, latency=0)
    assert [(row.what, row.peer_name, row.ok) for row in rows] == [("promote", "s5cmd", True)]
    assert ground.sim.etags(ENVIRONMENT) == ground.sim.etags(PEER)
    assert len(ground.sim.etags(ENVIRONMENT)) == FILES


def test_counts_are_exact(ground: Ground, s5cmd: S5cmd) -> None:
    counts = [*rebuilt(ground, s5cmd), *no_change(ground, s5cmd, FILES), *rollback(ground), *faults(ground)]
    exact = {row.what: row for row in counts if row.peer_name == "expected"}
    assert len(exact) == 4
    assert [row for row in exact.values() if not row.ok] == []


def test_ours_is_what_a_deployment_does(ground: Ground) -> None:
    assert check(ground, "check", limit=60).ok
    ground.sim.empty()
    release, _ = ground.ingest()
    assert ground.sim.requests()["PutObject"] == FILES
    ground.fresh_environment()
    assert ground.deploy(release)["written"] == FILES
    done = ground.sim.requests()
    assert (done["CopyObject"], done["ListObjectsV2"]) == (FILES, 2)
    assert Release.objects.get(version=release).status == "ready"
    assert set(Delivered.objects.values_list("key", flat=True)) == ground.sim.etags(ENVIRONMENT).keys()
    assert EnvironmentState.objects.get().running is not None


def test_the_simulator_forgets(ground: Ground) -> None:
    ground.ingest()
    ground.sim.empty(ARCHIVE)
    assert (ground.sim.requests(), ground.sim.etags(ARCHIVE)) == ({}, {})
