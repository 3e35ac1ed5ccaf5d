"""Uploads, promotions and rollbacks against s5cmd and the AWS CLI, on an S3 simulator with a fixed latency.

Ours are the steps in a warm worker, from lease to saved result; the peer is its whole process. They take turns, and medians are compared.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

from bench.database import settings_and_owner
from bench.peers import AwsCli, Peer, S5cmd
from bench.report import LIMIT, Row, against, exactly
from bench.simulator import ARCHIVE, ENVIRONMENT, PEER, Simulator, simulator
from bench.tree import change_entry_point, rebuild, touch_all, write_tree
from bench.worker import Worker

ROUNDS = 5
PAGE = 1000
SIGN_IN = {"AssumeRole", "GetCallerIdentity"}
"""Once for each Run, by its check; not of S3."""

Turn = Callable[[], float]
"""Seconds that somebody's turn took, without what went before it."""


class Ground:
    """Where the contest takes place: simulator, worker, and a tree of files."""

    def __init__(self, sim: Simulator, worker: Worker, tree: Path, rounds: int) -> None:
        self.sim, self.worker, self.tree, self.rounds = sim, worker, tree, rounds
        self._name = tree.parent.name
        self.grown = 0.0
        self._releases = 0

    def order(self, do: str, *, latency: float = 0, **parameters: str) -> dict[str, float]:
        """An order to the worker at this latency (ms)."""
        self.sim.configure(latency=latency)
        self.sim.reset()
        done = self.worker.order(do, **parameters)
        self.grown = max(self.grown, done["grown"])
        return done

    def ingest(self, tree: Path | None = None, latency: float = 0) -> tuple[str, float]:
        """A new release from a tree, and the seconds that its upload took."""
        self._releases += 1
        release = f"{self._name}.{self._releases}"
        return release, self.order("ingest", latency=latency, tree=str(tree or self.tree), release=release)[
            "seconds"
        ]

    def deploy(self, release: str, latency: float = 0) -> dict[str, float]:
        """A deployment of a release into the environment's bucket."""
        return self.order("deploy", latency=latency, release=release)

    def prefix(self) -> str:
        """Where the archive's only release lies."""
        keys = self.sim.etags(ARCHIVE)
        return next(key for key in keys if key.endswith("/index.html")).removesuffix("/index.html")

    def fresh_environment(self) -> None:
        """An environment that holds nothing and has no records."""
        self.sim.empty(ENVIRONMENT)
        self.worker.order("forget")

    def upload(self, peer: Peer, tree: Path, latency: float = 0) -> float:
        """Seconds of a peer's sync of a tree."""
        self.sim.configure(latency=latency)
        return peer.upload(tree, PEER)

    def contest(self, ours: Turn, theirs: dict[str, Turn]) -> dict[str, float]:
        """The medians of everybody's turns, taken alternately."""
        turns = {"ours": ours, **theirs}
        seconds: dict[str, list[float]] = {name: [] for name in turns}
        for _ in range(self.rounds):
            for name, turn in turns.items():
                seconds[name].append(turn())
        return {name: median(found) for name, found in seconds.items()}


def _rows(what: str, medians: dict[str, float], bars: dict[str, float]) -> list[Row]:
    return [against(what, medians["ours"], medians[name], name, bar) for name, bar in bars.items()]


def first_upload(ground: Ground, what: str, peers: list[Peer], bars: dict[str, float]) -> list[Row]:
    """A build goes into the archive for the first time."""

    def ours() -> float:
        ground.sim.empty(ARCHIVE)
        return ground.ingest(latency=30)[1]

    def theirs(peer: Peer) -> float:
        ground.sim.empty(PEER)
        return ground.upload(peer, ground.tree, latency=30)

    return _rows(what, ground.contest(ours, {peer.name: partial(theirs, peer) for peer in peers}), bars)


def check(ground: Ground, what: str, limit: float) -> Row:
    """A build is read as hostile input and hashed, which no peer does."""
    tree, rounds = str(ground.tree), range(ground.rounds)
    seconds = [
        ground.order("ingest", tree=tree, release=f"checked-{n}", measured="check")["seconds"] for n in rounds
    ]
    return against(what, median(seconds), limit, LIMIT, 1)


def promote(
    ground: Ground, what: str, peers: list[Peer], bars: dict[str, float], latency: float
) -> list[Row]:
    """A release is copied, on the server's side, into an empty environment."""
    ground.sim.empty(ARCHIVE)
    release, _ = ground.ingest()
    source = f"{ARCHIVE}/{ground.prefix()}"

    def ours() -> float:
        ground.fresh_environment()
        return ground.deploy(release, latency)["seconds"]

    def theirs(peer: Peer) -> float:
        ground.sim.empty(PEER)
        ground.sim.configure(latency=latency)
        return peer.promote(source, PEER)

    return _rows(what, ground.contest(ours, {peer.name: partial(theirs, peer) for peer in peers}), bars)


def rebuilt(ground: Ground, peer: Peer) -> list[Row]:
    """The next build: one per cent changed, every time of change new."""
    tree = ground.tree.with_name("rebuilt")
    shutil.copytree(ground.tree, tree)
    ground.fresh_environment()
    ground.deploy(ground.ingest(tree)[0])
    ground.upload(peer, tree)
    writes: list[tuple[float, int]] = []

    def ours() -> float:
        changed = rebuild(tree, 0.01, seed=len(writes) + 1)
        done = ground.deploy(ground.ingest(tree)[0], latency=30)
        writes.append((done["written"], changed))
        return done["seconds"]

    medians = ground.contest(ours, {peer.name: lambda: ground.upload(peer, tree, latency=30)})
    shutil.rmtree(tree)
    written, changed = max(writes, key=lambda pair: abs(pair[0] - pair[1]))
    return [
        *_rows("rebuild with 1 % changed, 2,000 files, 30 ms", medians, {peer.name: 0.4}),
        exactly("rebuild: writes", int(written), changed),
    ]


def no_change(ground: Ground, peer: Peer, files: int) -> list[Row]:
    """What is there already is deployed again."""
    release, _ = ground.ingest()
    ground.fresh_environment()
    ground.deploy(release)
    ground.sim.empty(PEER)
    ground.upload(peer, ground.tree)
    counts: list[int] = []

    def ours() -> float:
        seconds = ground.deploy(release, latency=30)["seconds"]
        counts.append(sum(n for operation, n in ground.sim.requests().items() if operation not in SIGN_IN))
        return seconds

    medians = ground.contest(ours, {peer.name: lambda: ground.upload(peer, ground.tree, latency=30)})
    return [
        *_rows(f"no change, {files:,} files, 30 ms", medians, {peer.name: 1.3}),
        # The listing for the assets, and the one page of the entry point's folder.
        exactly(f"no change, {files:,} files: S3 requests", max(counts), -(-files // PAGE) + 1),
    ]


def rollback(ground: Ground) -> list[Row]:
    """The release before, whose entry point differs."""
    ground.fresh_environment()
    before, _ = ground.ingest()
    tree = ground.tree.with_name("newer")
    shutil.copytree(ground.tree, tree)
    change_entry_point(tree, seed=1)
    after, _ = ground.ingest(tree)
    shutil.rmtree(tree)
    ground.deploy(before)
    done: list[dict[str, float]] = []
    for _ in range(ground.rounds):
        ground.deploy(after)
        done.append(ground.deploy(before, latency=30))
    return [
        against("rollback, 2,000 files, 30 ms", median(run["seconds"] for run in done), 1.0, LIMIT, 1),
        exactly("rollback: writes", int(max(run["written"] for run in done)), 1),
    ]


def faults(ground: Ground) -> list[Row]:
    """AWS throttles 30 % of the writes and 5 % of the answers are lost."""
    ground.fresh_environment()
    ground.sim.empty(ARCHIVE)
    ground.sim.configure(latency=30, throttleRate=0.3, lostRate=0.05)
    started, release = time.perf_counter(), "through-faults"
    ground.worker.order("ingest", tree=str(ground.tree), release=release)
    ground.worker.order("deploy", release=release)
    seconds = time.perf_counter() - started
    ground.sim.configure(latency=0, throttleRate=0, lostRate=0)
    archived, served = ground.sim.etags(ARCHIVE), ground.sim.etags(ENVIRONMENT)
    wanted = {path.relative_to(ground.tree).as_posix() for path in ground.tree.rglob("*") if path.is_file()}
    prefix = f"{ground.prefix()}/"
    kept = {key.removeprefix(prefix): etag for key, etag in archived.items()}
    wrong = len(wanted ^ served.keys()) + sum(kept.get(key) != etag for key, etag in served.items())
    return [
        exactly("30 % throttled, 5 % lost replies, 2,000 files: objects lost", wrong, 0),
        against("30 % throttled, 5 % lost replies: seconds", seconds, 60, LIMIT, 1),
    ]


def measure(*, full: bool = False) -> Iterator[Row]:
    """All rows, as they come; `full` doubles the rounds."""
    rounds = 2 * ROUNDS if full else ROUNDS
    with (
        tempfile.TemporaryDirectory() as folder,
        settings_and_owner() as (environment, _),
        simulator(ARCHIVE, ENVIRONMENT, PEER) as sim,
    ):
        s5cmd, aws = S5cmd(sim.url), AwsCli(sim.url)
        with Worker(sim.url, environment) as worker:
            yield from _small(Ground(sim, worker, _tree(Path(folder, "small"), 2000, 60), rounds), s5cmd, aws)
        sim.empty()
        with Worker(sim.url, environment) as worker:
            yield from _large(Ground(sim, worker, _tree(Path(folder, "large"), 20000, 200), rounds), s5cmd)


def _tree(root: Path, files: int, megabytes: float) -> Path:
    write_tree(root / "build", files, megabytes)
    # Older than any upload of it, so that no tool sends it again by its time.
    touch_all(root / "build", time.time() - 3600)
    os.sync()
    return root / "build"


def _small(ground: Ground, s5cmd: Peer, aws: Peer) -> Iterator[Row]:
    both = [s5cmd, aws]
    yield from first_upload(ground, "first upload, 2,000 files, 30 ms", both, {"s5cmd": 0.7, "aws": 0.15})
    yield check(ground, "check of a build of 2,000 files", limit=2)
    yield from promote(ground, "promote, 2,000 objects, 30 ms", both, {"s5cmd": 0.7, "aws": 0.2}, latency=30)
    yield from promote(ground, "promote, 2,000 objects, 80 ms", both, {"s5cmd": 1.0, "aws": 0.2}, latency=80)
    yield from rebuilt(ground, s5cmd)
    yield from no_change(ground, s5cmd, 2000)
    yield from rollback(ground)
    yield from faults(ground)


def _large(ground: Ground, s5cmd: Peer) -> Iterator[Row]:
    yield from first_upload(ground, "first upload, 20,000 files, 30 ms", [s5cmd], {"s5cmd": 0.6})
    yield from promote(ground, "promote, 20,000 objects, 30 ms", [s5cmd], {"s5cmd": 0.6}, latency=30)
    yield from no_change(ground, s5cmd, 20000)
    yield against("20,000 files: peak growth in MB", ground.grown, 80, LIMIT, 1)
