"""Back ends that are called as `$LATEST`: by waves, watched, and put back when they fail."""

from deployments.models import Deployment
from tests.fleets.world import NAMES, FleetWorld


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
    for name in NAMES:
        fleet_world.fare(name, "6.0.0", errors=7, invocations=20)
    failed = fleet_world.world.work(fleet_world.world.promote("6.0.0", "dev", half="backend"))
    assert failed["status"] == "failed"
    assert "1 handler failed" in failed["error"]
    assert "answers with errors since its update: 7 of 20 calls failed or were throttled" in failed["error"]
    assert "in the hour before 0 of 0" in failed["error"]
    assert fleet_world.served("dev") == dict.fromkeys(NAMES, "5.0.0")


def test_a_handler_that_always_fails_a_little_fails_no_deployment(fleet_world: FleetWorld) -> None:
    prepared(fleet_world)
    fleet_world.register("6.0.0")
    for name in NAMES:
        fleet_world.fare(name, errors=1, throttles=1, invocations=100)
    fleet_world.live("6.0.0", "dev")


def test_within_the_budget_the_one_that_errs_gets_its_old_code_and_a_retry_watches_anew(
    fleet_world: FleetWorld,
) -> None:
    prepared(fleet_world)
    fleet_world.budget("dev", 1)
    fleet_world.register("6.0.0")
    ill = NAMES[0]
    fleet_world.fare(ill, "6.0.0", errors=7, invocations=20)
    failed = fleet_world.world.work(fleet_world.world.promote("6.0.0", "dev", half="backend"))
    assert failed["status"] == "partial"
    assert f"1 handler failed. {ill}: " in failed["error"]
    assert "It has the code again that it had before." in failed["error"]
    served = fleet_world.served("dev")
    assert served == {name: "5.0.0" if name == ill else "6.0.0" for name in NAMES}
    assert not fleet_world.edited("dev")
    fleet_world.fare(ill, "6.0.0", invocations=20)
    since = fleet_world.cloud.next_call()
    assert fleet_world.again(failed)["status"] == "live"
    assert fleet_world.writes(since) == ["UpdateFunctionCode"]


def test_when_code_storage_is_full_in_the_middle_everything_goes_back(fleet_world: FleetWorld) -> None:
    prepared(fleet_world)
    fleet_world.register("6.0.0")
    refuse = {"status": 400, "code": "CodeStorageExceededException", "skip": 2, "count": 1}
    fault = fleet_world.cloud.faults("lambda", "UpdateFunctionCode", "error", **refuse)
    since = fleet_world.cloud.next_call()
    failed = fleet_world.world.work(fleet_world.world.promote("6.0.0", "dev", half="backend"))
    assert not fleet_world.cloud.waits(fault)
    assert len(fleet_world.writes(since)) > 2
    assert failed["status"] == "failed"
    assert "Prune old versions of functions" in failed["error"]
    assert "All handlers have the code again" in failed["error"]
    assert "0 handlers" not in failed["error"]
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


def test_what_the_watching_of_waves_costs_is_on_the_bill(fleet_world: FleetWorld) -> None:
    from monitoring.models import Spending

    prepared(fleet_world)
    Spending.objects.all().delete()
    fleet_world.register("6.0.0")
    since = fleet_world.cloud.next_call()
    fleet_world.live("6.0.0", "dev")
    asked = fleet_world.cloud.calls(since, "monitoring", "GetMetricData")
    (bill,) = Spending.objects.all()
    assert bill.calls == len(asked) == 3
    # Errors, throttles and calls: of the first handler, of two, of all.
    assert bill.metrics == bill.minute_metrics == 3 * (1 + 2 + len(NAMES))


def test_code_that_the_console_never_deployed_is_kept_and_put_back(fleet_world: FleetWorld) -> None:
    from deployments.models import CodeCopy

    fleet_world.observe("dev")
    fleet_world.edit_by_hand(NAMES[0], "dev")
    fleet_world.observe("dev")
    before = fleet_world.served("dev")
    fleet_world.register("5.0.0")
    fleet_world.fare(NAMES[-1], "5.0.0", errors=7, invocations=20)
    failed = fleet_world.world.work(fleet_world.world.promote("5.0.0", "dev", half="backend"))
    assert failed["status"] == "failed"
    assert "All handlers have the code again" in failed["error"]
    assert fleet_world.served("dev") == before
    kept = CodeCopy.objects.filter(sha256__in=before.values())
    assert {copy.sha256 for copy in kept} == set(before.values())
    assert not fleet_world.edited("dev").keys() - {NAMES[0]}


def test_a_function_that_is_gone_before_its_code_is_kept_is_named(fleet_world: FleetWorld) -> None:
    fleet_world.observe("dev")
    fleet_world.register("5.0.0")
    answer = fleet_world.world.promote("5.0.0", "dev", half="backend")
    fleet_world.world.do_before(answer, "prepare")
    fleet_world.lambda_of("dev").delete_function(FunctionName=fleet_world.function(NAMES[0], "dev"))
    failed = fleet_world.world.work(answer)
    assert failed["status"] == "failed"
    assert f"There is no function {fleet_world.function(NAMES[0], 'dev')}" in failed["error"]


def test_what_stops_in_the_middle_is_partly_live_until_a_retry_goes_on(fleet_world: FleetWorld) -> None:
    from deployments.models import Fleet

    prepared(fleet_world)
    fleet_world.register("6.0.0")
    fault = fleet_world.cloud.faults("*", "GetMetricData", "error", status=403, code="AccessDenied")
    stopped = fleet_world.world.work(fleet_world.world.promote("6.0.0", "dev", half="backend"))
    fleet_world.cloud.clear_faults(fault)
    assert stopped["status"] == "partial"
    assert "GetMetricData" in stopped["error"]
    assert list(fleet_world.served("dev").values()).count("6.0.0") == 1
    assert Fleet.objects.get(prefix="tim-dev-").running_id == stopped["id"]
    assert fleet_world.again(stopped)["status"] == "live"
    assert fleet_world.served("dev") == dict.fromkeys(NAMES, "6.0.0")
    assert fleet_world.world.deployment(stopped["id"])["status"] == "live"


def test_a_rollback_that_stopped_in_the_middle_left_what_ran_before(fleet_world: FleetWorld) -> None:
    prepared(fleet_world)
    fleet_world.register("6.0.0")
    left = fleet_world.live("6.0.0", "dev")
    fault = fleet_world.cloud.faults("*", "GetMetricData", "error", status=403, code="AccessDenied")
    stopped = fleet_world.world.work(fleet_world.world.roll_back("dev", half="backend"))
    fleet_world.cloud.clear_faults(fault)
    assert stopped["status"] == "partial"
    assert fleet_world.again(stopped)["status"] == "live"
    assert Deployment.objects.get(back_end_left=True).pk == left["id"]
