"""Workers that are killed at every boundary of a deployment's steps, and in the middle of those that write."""

import pytest

from tests.crew import Crew
from tests.shipping import Answer, World, index_writes
from tests.traps.boundaries import MOMENTS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def _killed_at_every_boundary(crew: Crew, answer: Answer) -> Answer:
    for moment in MOMENTS:
        crew.wait_for_trap(moment)
        crew.let_lease_end(answer)
    return crew.end_of(answer)


def test_a_deployment_and_its_rollback_survive_a_kill_at_every_boundary(world: World, crew: Crew) -> None:
    world.stock("1.0.0", "1.1.0")
    world.live("1.0.0")
    crew.begin(slots=6)
    with world.prober() as visitor:
        for moment in MOMENTS:
            crew.trap(moment)
        there = _killed_at_every_boundary(crew, world.promote("1.1.0"))
        for moment in MOMENTS:
            crew.trap(moment)
        back = _killed_at_every_boundary(crew, world.roll_back())
    assert visitor.verdict.problems == []
    assert visitor.verdict.versions == ["1.0.0", "1.1.0", "1.0.0"]
    assert {step["status"] for answer in (there, back) for step in answer["steps"]} == {"done"}
    assert world.environment()["live"] == "1.0.0"


def test_a_worker_killed_while_it_copies_is_replaced_within_thirty_seconds(world: World, crew: Crew) -> None:
    world.stock("2.0.0", "2.1.0")
    world.live("2.0.0")
    before = len(world.objects())
    crew.begin(runners=2)
    slow = {"resource": f"{world.bucket()}/assets/", "ms": 60_000}
    fault = world.cloud.faults("s3", "CopyObject", "latency", skip=10, **slow)
    with world.prober() as visitor:
        answer = world.promote("2.1.0")
        crew.until(lambda: len(world.objects()) >= before + 10, "ten copies")
        crew.worker_of(answer).kill()
        world.cloud.clear_faults(fault)
        crew.until(lambda: world.step(answer, "copy") == "done", "the copies", 30)
        crew.end_of(answer)
    assert visitor.verdict.problems == []
    assert visitor.verdict.versions == ["2.0.0", "2.1.0"]
    assert world.objects().keys() >= world.contents()["2.1.0"].keys()


@pytest.mark.parametrize("back", [False, True], ids=["promotion", "rollback"])
def test_a_worker_killed_while_it_writes_entry_points_leaves_no_mixed_page(
    world: World, crew: Crew, back: bool
) -> None:
    world.stock("1.0.0", "1.1.0")
    for version in ("1.0.0", "1.1.0") if back else ("1.0.0",):
        world.live(version)
    crew.begin(runners=2)
    since = world.cloud.next_call()
    late = world.cloud.faults("s3", "CopyObject", "latency", resource="/index.html", ms=12_000, count=1)
    with world.prober() as visitor:
        answer = world.roll_back() if back else world.promote("1.1.0")
        crew.until(lambda: not world.cloud.waits(late), "the entry point on its way")
        crew.worker_of(answer).kill()
        crew.let_lease_end(answer)
        crew.end_of(answer)
        crew.until(lambda: len(index_writes(world, since)) == 2, "the late write")
    assert visitor.verdict.problems == []
    assert visitor.verdict.versions == (["1.1.0", "1.0.0"] if back else ["1.0.0", "1.1.0"])
    assert index_writes(world, since) in (["done", "PreconditionFailed"], ["done", "done"])
