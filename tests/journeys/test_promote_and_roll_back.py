"""Register, promote, roll back: through the API, as CI does, with the steps done in this process."""

from tests.shipping import World


def test_a_promotion_and_its_rollback_end_live_and_visitors_get_them(world: World) -> None:
    world.stock("1.0.0", "1.1.0")
    with world.prober() as visitor:
        world.live("1.0.0")
        assert world.live("1.1.0")["previous"] == "1.0.0"
        back = world.work(world.roll_back())
    assert (back["status"], back["version"], back["kind"]) == ("live", "1.0.0", "rollback")
    assert visitor.verdict.problems == []
    assert visitor.verdict.versions == ["1.0.0", "1.1.0", "1.0.0"]
    environment = world.environment()
    assert (environment["running"], environment["live"], environment["state"]) == ("1.0.0", "1.0.0", "live")
