"""Ingest where workers overlap: builds checked side by side, a worker that comes late, a download that fails."""

from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from deployments import spool
from deployments.models import Artifact, Release
from deployments.steps import ingest
from runs import runner
from runs.claim import Claim, claim
from runs.context import StepContext
from runs.lease import Lease, LeaseLost
from runs.models import Run
from tests.builds import app_build, zip_of
from tests.runs.rows import aside
from tests.shipping import ARCHIVE, PRODUCT, World

SCRIPT = "assets/main.0a1b2c3d4e5f.js"
KEY = "incoming/app.zip"


@pytest.fixture(autouse=True)
def spool_folder(settings: Any, tmp_path: Path) -> Path:
    settings.CONSOLE_SPOOL = tmp_path / "spool"
    return tmp_path / "spool"


def build(text: str) -> bytes:
    page = f'<!doctype html><script type="module" src="/{SCRIPT}"></script>'
    return zip_of({"index.html": page, SCRIPT: text})


def run_of(version: str) -> Run:
    run = Release.objects.get(version=version).run
    assert run is not None
    return run


def up_to(version: str, step: str) -> int:
    """Do the steps of its ingest before that one; the id of its Run."""
    run = run_of(version)
    while run.steps.filter(state="pending").order_by("position").values_list("name", flat=True)[0] != step:
        assert runner.advance(run.pk)
    return run.pk


def late(world: World, version: str) -> StepContext:
    """What a worker has whose lease another one took over: it only does not know yet."""
    taken = claim(run_of(version).pk)
    assert isinstance(taken, Claim)
    Run.objects.filter(pk=taken.run.pk).update(lease_token=uuid4())
    return StepContext(taken.run, taken.row, Lease(taken.renew, taken.taken_at))


def register_key(world: World, version: str, digest: str) -> None:
    asked = {"version": version, "artifacts": {"any": {"key": KEY, "sha256": digest}}}
    assert world.api.post(f"products/{PRODUCT}/releases", asked).status == 202


def test_of_two_builds_checked_at_once_one_is_ready(world: World) -> None:
    world.stock()
    for version in ("8.0.0", "8.1.0"):
        assert world.api.register(version, any=build(f"// {version}")).status == 202
    runs = [up_to(version, "record") for version in ("8.0.0", "8.1.0")]
    for ended in [aside(partial(runner.advance, pk)) for pk in runs]:
        ended.result(30)
    found = {world.release(version)["status"]: version for version in ("8.0.0", "8.1.0")}
    assert set(found) == {"ready", "rejected"}
    reasons = world.release(found["rejected"])["reasons"]
    assert [reason["path"] for reason in reasons] == [SCRIPT]
    assert "other bytes" in reasons[0]["text"]


def test_two_builds_with_the_same_bytes_are_both_ready(world: World) -> None:
    world.stock()
    for version in ("8.0.0", "8.1.0"):
        assert world.api.register(version, any=build("// the same")).status == 202
        up_to(version, "record")
    assert [world.ingest(version)["status"] for version in ("8.0.0", "8.1.0")] == ["ready", "ready"]


def test_recording_twice_changes_nothing(world: World) -> None:
    world.stock()
    assert world.api.register("8.0.0", any=build("// a"), test=build("// b")).status == 202
    run = Run.objects.get(pk=up_to("8.0.0", "record"))
    taken = claim(run.pk)
    assert taken is not None
    context = StepContext(taken.run, taken.row, Lease(taken.renew, taken.taken_at))
    for _ in range(2):
        ingest.record(context)
        assert world.release("8.0.0")["status"] == "ready"


def test_a_late_worker_rejects_nothing(world: World) -> None:
    assert world.api.register("8.0.0", any=zip_of({"a.txt": "no entry point"})).status == 202
    up_to("8.0.0", "check")
    with pytest.raises(LeaseLost):
        ingest.check(late(world, "8.0.0"))
    assert Release.objects.get(version="8.0.0").reasons == []


def test_a_late_worker_brings_nothing_into_the_spool(world: World, spool_folder: Path) -> None:
    body = app_build("8.0.0")
    world.cloud.client("s3").put_object(Bucket=ARCHIVE, Key=KEY, Body=body)
    register_key(world, "8.0.0", sha256(body).hexdigest())
    with pytest.raises(LeaseLost):
        ingest.fetch(late(world, "8.0.0"))
    assert Artifact.objects.get(release__version="8.0.0").spool_name == ""
    assert [path for path in spool_folder.iterdir() if path.suffix == ".part"] == []


def test_what_ci_put_into_the_bucket_is_fetched_and_checked(world: World, spool_folder: Path) -> None:
    body = app_build("8.0.0")
    world.cloud.client("s3").put_object(Bucket=ARCHIVE, Key=KEY, Body=body)
    register_key(world, "8.0.0", sha256(body).hexdigest())
    up_to("8.0.0", "check")
    (path,) = spool_folder.iterdir()
    assert path == spool.path_of(Artifact.objects.get(release__version="8.0.0").spool_name)
    assert path.read_bytes() == body
    assert world.ingest("8.0.0")["status"] == "ready"
    assert list(spool_folder.iterdir()) == []


def test_a_download_that_fails_leaves_nothing(world: World, spool_folder: Path) -> None:
    register_key(world, "8.0.0", "0" * 64)
    assert world.ingest("8.0.0")["status"] == "rejected", "nothing is at that key"
    assert list(spool_folder.iterdir()) == []
    world.cloud.client("s3").put_object(Bucket=ARCHIVE, Key=KEY, Body=b"other bytes")
    register_key(world, "8.0.0", "0" * 64)
    found = world.ingest("8.0.0")
    assert found["status"] == "rejected"
    assert "its sha256 is" in found["reasons"][0]["text"]
    assert list(spool_folder.iterdir()) == []


def test_two_downloads_at_once_do_not_mix(spool_folder: Path) -> None:
    with spool.arriving("incoming-1.zip") as one, spool.arriving("incoming-1.zip") as other:
        one.write_bytes(b"one")
        other.write_bytes(b"other")
        assert one.read_bytes() == b"one"
        assert one.parent == other.parent == spool_folder
    assert list(spool_folder.iterdir()) == []
