"""The whole way with real workers: CI registers a build, promotes it, polls, and rolls back."""

from tests.builds import app_build
from tests.crew import Crew
from tests.shipping import World


def test_a_build_is_registered_promoted_and_rolled_back(world: World, crew: Crew) -> None:
    crew.begin()
    for version in ("5.0.0", "5.1.0"):
        assert world.api.register(version, any=app_build(version)).status == 202
        crew.until(lambda: world.release(version)["status"] == "ready", version)  # noqa: B023 - called at once
    with world.prober() as visitor:
        crew.end_of(world.promote("5.0.0"))
        ended = crew.end_of(world.promote("5.1.0"))
        assert world.release("5.1.0")["running_in"] == ["test"]
        crew.end_of(world.roll_back())
    assert visitor.verdict.problems == []
    assert visitor.verdict.versions == ["5.0.0", "5.1.0", "5.0.0"]
    written = {step["name"]: len(step["request_ids"]) for step in ended["steps"]}
    assert written["copy"] >= 4
    assert (written["switch"], written["invalidate"]) == (1, 1)
    assert (world.environment()["live"], world.environment()["state"]) == ("5.0.0", "live")
