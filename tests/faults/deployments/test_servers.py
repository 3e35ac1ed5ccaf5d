"""The broker and the database go away in the middle of a deployment."""

import pytest

from tests.crew import Crew
from tests.shipping import Answer, World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def _in_the_middle_of_copying(world: World, crew: Crew) -> Answer:
    before = len(world.objects())
    slow = {"resource": f"{world.bucket()}/assets/", "ms": 3000}
    world.cloud.faults("s3", "CopyObject", "latency", skip=10, **slow)
    answer = world.promote("2.1.0")
    crew.until(lambda: len(world.objects()) >= before + 10, "ten copies")
    return answer


def test_the_broker_and_the_database_may_go_away_in_the_middle(world: World, crew: Crew) -> None:
    world.stock("2.0.0", "2.1.0")
    world.live("2.0.0")
    crew.begin()
    with world.prober() as visitor:
        answer = _in_the_middle_of_copying(world, crew)
        crew.workers.broker.empty()
        crew.workers.broker.server.restart()
        crew.restart_database()
        crew.end_of(answer)
    assert visitor.verdict.problems == []
    assert visitor.verdict.versions == ["2.0.0", "2.1.0"]
    assert world.step(answer, "copy") == "done"
