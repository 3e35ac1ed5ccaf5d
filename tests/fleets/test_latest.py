"""Back ends that are called as `$LATEST`: by waves, watched, and put back when they fail."""

from base64 import b64encode

from tests.fleets.world import ACCOUNTS, NAMES, FleetWorld, digest


def prepared(fleet_world: FleetWorld) -> None:
    fleet_world.observe("dev")
    fleet_world.register("5.0.0")
    fleet_world.live("5.0.0", "dev")


def test_waves_update_all_and_a_rollback_brings_the_code_back(fleet_world: FleetWorld) -> None:
    fleet_world.observe("dev")
    fleet_world.register("5.0.0")
    plan = fleet_world.plan("5.0.0", "dev")
    assert (plan["backend"]["mode"], plan["backend"]["calls"]) == ("latest", len(NAMES))
    since = fleet_world.cloud.next_call()
    fleet_world.live("5.0.0", "dev")
    assert fleet_world.writes(since) == ["UpdateFunctionCode"] * len(NAMES)
    assert fleet_world.served("dev") == dict.fromkeys(NAMES, "5.0.0")
    fleet_world.register("6.0.0")
    fleet_world.live("6.0.0", "dev")
    back = fleet_world.world.work(fleet_world.world.roll_back("dev", half="backend"))
    assert (back["status"], back["version"]) == ("live", "5.0.0")
    assert fleet_world.served("dev") == dict.fromkeys(NAMES, "5.0.0")


def test_a_failure_above_the_budget_puts_everything_back(fleet_world: FleetWorld) -> None:
    prepared(fleet_world)
    fleet_world.register("6.0.0")
    fleet_world.break_next(NAMES[-1], "dev")
    failed = fleet_world.world.work(fleet_world.world.promote("6.0.0", "dev", half="backend"))
    assert failed["status"] == "failed"
    assert NAMES[-1] in failed["error"]
    assert "All handlers have the code again" in failed["error"]
    assert fleet_world.served("dev") == dict.fromkeys(NAMES, "5.0.0")


def test_errors_after_the_first_wave_put_it_back(fleet_world: FleetWorld) -> None:
    prepared(fleet_world)
    fleet_world.register("6.0.0")
    account, prefix = ACCOUNTS["dev"]
    for name in NAMES:
        sha256 = b64encode(bytes.fromhex(digest(name, "6.0.0"))).decode()
        wish = {"account": fleet_world.cloud.accounts[account]["aws_id"], "errors": 7, "code_sha256": sha256}
        fleet_world.cloud.control("POST", "/lambda/errors", {**wish, "function": prefix + name})
    failed = fleet_world.world.work(fleet_world.world.promote("6.0.0", "dev", half="backend"))
    assert failed["status"] == "failed"
    assert "answers with errors since its update" in failed["error"]
    assert fleet_world.served("dev") == dict.fromkeys(NAMES, "5.0.0")


def test_a_change_of_architecture_is_deployed_and_put_back_with_the_code(fleet_world: FleetWorld) -> None:
    prepared(fleet_world)

    def architectures() -> set[str]:
        found = (
            fleet_world.lambda_of("dev").get_function(FunctionName=fleet_world.function(name, "dev"))
            for name in NAMES[:2]
        )
        return {one["Configuration"]["Architectures"][0] for one in found}

    fleet_world.register("6.0.0", architecture="arm64")
    fleet_world.break_next(NAMES[-1], "dev")
    failed = fleet_world.world.work(fleet_world.world.promote("6.0.0", "dev", half="backend"))
    assert "All handlers have the code again" in failed["error"]
    assert architectures() == {"x86_64"}
    fleet_world.register("6.0.1", says="5.0.0", architecture="arm64")
    fleet_world.live("6.0.1", "dev")
    assert architectures() == {"arm64"}
