"""Back ends that are called by alias: prepared whole, switched as one, taken back by switching."""

from typing import Any

import pytest

from deployments.models import Deployment, Fleet, HandlerChange
from deployments.pages.status import status_of
from tests.fleets.world import NAMES, FleetWorld

FIRST = NAMES[0]


def test_a_back_end_is_prepared_switched_and_rolled_back(fleet_world: FleetWorld) -> None:
    fleet_world.register("5.0.0")
    plan = fleet_world.plan("5.0.0")
    assert plan["backend"]["mode"] == "alias"
    assert plan["backend"]["counts"]["changed"] == len(NAMES)
    assert (plan["backend"]["calls"], plan["backend"]["blockers"]) == (3 * len(NAMES), [])
    since = fleet_world.cloud.next_call()
    ended = fleet_world.live("5.0.0")
    assert [step["name"] for step in ended["steps"]] == [
        "look",
        "replicate",
        "prepare",
        "switch-handlers",
        "verify-handlers",
        "record",
    ]
    assert fleet_world.served() == dict.fromkeys(NAMES, "5.0.0")
    writes = fleet_world.writes(since)
    assert sorted(writes[:-6]) == ["PublishVersion"] * 6 + ["UpdateFunctionCode"] * 6
    assert writes[-6:] == ["UpdateAlias"] * 6

    fleet_world.register("6.0.0", [FIRST])
    fleet_world.live("6.0.0")
    assert fleet_world.served()[FIRST] == "6.0.0"
    since = fleet_world.cloud.next_call()
    back = fleet_world.world.work(fleet_world.world.roll_back(half="backend"))
    assert (back["status"], back["version"]) == ("live", "5.0.0")
    assert set(fleet_world.writes(since)) == {"UpdateAlias"}
    assert fleet_world.served() == dict.fromkeys(NAMES, "5.0.0")


def test_only_what_differs_is_touched(fleet_world: FleetWorld) -> None:
    fleet_world.register("5.0.0")
    fleet_world.live("5.0.0")
    zips = fleet_world.plan("5.0.0")
    assert zips["backend"]["counts"]["changed"] == 0
    since = fleet_world.cloud.next_call()
    fleet_world.live("5.0.0")
    assert fleet_world.writes(since) == []


@pytest.mark.parametrize("why", ["KMSAccessDenied", "InvalidZipFileException"])
def test_a_handler_that_fails_leaves_all_as_it_was(fleet_world: FleetWorld, why: str) -> None:
    fleet_world.register("5.0.0")
    before = fleet_world.served()
    fleet_world.break_next(FIRST, reason_code=why)
    failed = fleet_world.world.work(fleet_world.world.promote("5.0.0", half="backend"))
    assert failed["status"] == "failed"
    assert FIRST in failed["error"]
    assert why in failed["error"]
    assert "Nothing was switched" in failed["error"]
    assert fleet_world.served() == before
    again = fleet_world.world.api.post(f"deployments/{failed['id']}/retry", {"reason": "Key mended"})
    assert again.status == 202, again.body
    assert fleet_world.world.carry_out(failed["id"])["status"] == "live"
    assert fleet_world.served() == dict.fromkeys(NAMES, "5.0.0")


def test_an_update_of_somebody_else_is_waited_for(fleet_world: FleetWorld) -> None:
    fleet_world.register("5.0.0")
    answer = fleet_world.world.promote("5.0.0", half="backend")
    fleet_world.world.do_before(answer, "prepare")
    fleet_world.cloud.settings(update_seconds=1.5)
    memory = {"FunctionName": fleet_world.function(FIRST), "MemorySize": 512}
    fleet_world.lambda_of().update_function_configuration(**memory)
    fleet_world.cloud.settings(update_seconds=0.05)
    assert fleet_world.world.work(answer)["status"] == "live"
    assert fleet_world.served() == dict.fromkeys(NAMES, "5.0.0")


def test_an_update_that_does_not_end_is_named_and_nothing_is_switched(
    fleet_world: FleetWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deployments.steps.fleets import handler

    monkeypatch.setattr(handler, "SETTLED_WITHIN", 1.0)
    fleet_world.register("5.0.0")
    before = fleet_world.served()
    answer = fleet_world.world.promote("5.0.0", half="backend")
    fleet_world.world.do_before(answer, "prepare")
    fleet_world.cloud.settings(update_seconds=600)
    memory = {"FunctionName": fleet_world.function(FIRST), "MemorySize": 512}
    fleet_world.lambda_of().update_function_configuration(**memory)
    fleet_world.cloud.settings(update_seconds=0.05)
    failed = fleet_world.world.work(answer)
    assert failed["status"] == "failed"
    assert (
        f"{fleet_world.function(FIRST)} has been updating for 1 s. Look at it in AWS, then retry."
        in failed["error"]
    )
    assert fleet_world.served() == before


def test_within_the_budget_a_failed_handler_is_left_and_named(fleet_world: FleetWorld) -> None:
    fleet_world.budget("test", 1)
    fleet_world.register("5.0.0")
    before = fleet_world.served()[FIRST]
    fleet_world.break_next(FIRST)
    part = fleet_world.world.work(fleet_world.world.promote("5.0.0", half="backend"))
    assert part["status"] == "partial"
    assert FIRST in part["error"]
    assert fleet_world.served() == {**dict.fromkeys(NAMES, "5.0.0"), FIRST: before}
    left = fleet_world.world.api.post(
        f"deployments/{part['id']}/handlers/{FIRST}/skip", {"reason": "Retired next week"}
    )
    assert left.status in (200, 202), left.body
    assert (
        fleet_world.world.api.post(f"deployments/{part['id']}/retry", {"reason": "Rest is fine"}).status
        == 202
    )
    assert fleet_world.world.carry_out(part["id"])["status"] == "live"
    assert fleet_world.served()[FIRST] == before


def test_failed_handlers_are_retried_one_by_one(fleet_world: FleetWorld) -> None:
    first, second = NAMES[:2]
    fleet_world.budget("test", 2)
    fleet_world.register("5.0.0")
    for name in (first, second):
        fleet_world.break_next(name)
    part = fleet_world.world.work(fleet_world.world.promote("5.0.0", half="backend"))
    assert part["status"] == "partial"
    assert "2 handlers failed" in part["error"]
    part = fleet_world.again(part, second)
    assert (part["status"], "1 handler failed" in part["error"]) == ("partial", True)
    assert fleet_world.served()[second] == "5.0.0"
    assert fleet_world.again(part, first)["status"] == "live"
    assert fleet_world.served() == dict.fromkeys(NAMES, "5.0.0")


def test_the_handler_because_of_which_all_were_put_back_is_left_out(fleet_world: FleetWorld) -> None:
    fleet_world.register("5.0.0")
    fleet_world.register("6.0.0")
    fleet_world.live("5.0.0")
    answer = fleet_world.world.promote("6.0.0", half="backend")
    fleet_world.world.do_before(answer, "switch-handlers")
    alias = {"FunctionName": fleet_world.function(FIRST), "Name": "live"}
    fleet_world.lambda_of().delete_alias(**alias)
    failed = fleet_world.world.work(answer)
    assert f"The alias live of {fleet_world.function(FIRST)} was deleted by hand" in failed["error"]
    assert fleet_world.served() == dict.fromkeys(NAMES, "5.0.0")
    path = f"deployments/{failed['id']}/handlers"
    assert fleet_world.world.api.post(f"{path}/{FIRST}/retry", {"reason": "Alone"}).status == 409
    left = fleet_world.world.api.post(f"{path}/{FIRST}/skip", {"reason": "Retired next week"})
    assert (left.status, left["state"]) == (200, "skipped")
    assert fleet_world.again(failed)["status"] == "live"
    assert fleet_world.served() == {**dict.fromkeys(NAMES, "6.0.0"), FIRST: "5.0.0"}


def test_a_code_changed_by_hand_since_the_plan_stops_it(fleet_world: FleetWorld) -> None:
    fleet_world.register("5.0.0")
    before = fleet_world.served()
    answer = fleet_world.world.promote("5.0.0", half="backend")
    fleet_world.edit_by_hand(FIRST)
    failed = fleet_world.world.work(answer)
    assert failed["status"] == "failed"
    assert FIRST in failed["error"]
    assert "Nothing was changed" in failed["error"]
    assert fleet_world.served() == before
    (edited,) = [one for one in fleet_world.plan("5.0.0")["handlers"] if one["change"] == "edited"]
    assert edited["name"] == FIRST


def test_a_function_that_is_deleted_meanwhile_is_named(fleet_world: FleetWorld) -> None:
    fleet_world.register("5.0.0")
    answer = fleet_world.world.promote("5.0.0", half="backend")
    fleet_world.world.do_before(answer, "prepare")
    fleet_world.lambda_of().delete_function(FunctionName=fleet_world.function(FIRST))
    failed = fleet_world.world.work(answer)
    assert failed["status"] == "failed"
    assert f"There is no function {fleet_world.function(FIRST)}" in failed["error"]
    assert "Nothing was switched" in failed["error"]


def test_an_alias_that_was_moved_by_hand_takes_the_switch_back(fleet_world: FleetWorld) -> None:
    fleet_world.register("5.0.0")
    fleet_world.register("6.0.0")
    fleet_world.live("5.0.0")
    answer = fleet_world.world.promote("6.0.0", half="backend")
    fleet_world.world.do_before(answer, "switch-handlers")
    last = NAMES[-1]
    fleet_world.lambda_of().update_alias(
        FunctionName=fleet_world.function(last), Name="live", FunctionVersion="1"
    )
    failed = fleet_world.world.work(answer)
    assert failed["status"] == "failed"
    assert f"not put back: {last}" in failed["error"]
    named = fleet_world.lambda_of().get_alias(FunctionName=fleet_world.function(last), Name="live")
    assert named["FunctionVersion"] == "1"
    assert {name: got for name, got in fleet_world.served().items() if name != last} == dict.fromkeys(
        NAMES[:-1], "5.0.0"
    )


@pytest.mark.parametrize("by_hand", [False, True])
def test_an_alias_is_moved_only_as_it_was_seen(
    fleet_world: FleetWorld, monkeypatch: pytest.MonkeyPatch, by_hand: bool
) -> None:
    """Somebody changes it between the look and the write: its description, or what it names."""
    from deployments.steps.fleets import handler

    fleet_world.register("5.0.0")
    fleet_world.live("5.0.0")
    fleet_world.register("6.0.0", [FIRST])
    look, changes = handler.named_by_alias, ["1" if by_hand else "2"]
    alias = {"FunctionName": fleet_world.function(FIRST), "Name": "live"}

    def raced(*where: Any) -> Any:
        seen = look(*where)
        while changes:
            fleet_world.lambda_of().update_alias(**alias, FunctionVersion=changes.pop(), Description="mine")
        return seen

    monkeypatch.setattr(handler, "named_by_alias", raced)
    ended = fleet_world.world.work(fleet_world.world.promote("6.0.0", half="backend"))
    named = fleet_world.lambda_of().get_alias(**alias)["FunctionVersion"]
    if by_hand:
        assert (ended["status"], named) == ("failed", "1")
        assert (
            f"The alias live of {fleet_world.function(FIRST)} was moved by hand to version 1"
            in ended["error"]
        )
    else:
        assert (ended["status"], named) == ("live", "3")


def test_when_code_storage_is_full_nothing_more_is_prepared(fleet_world: FleetWorld) -> None:
    fleet_world.register("5.0.0")
    before = fleet_world.served()
    refuse = {"status": 400, "code": "CodeStorageExceededException"}
    fleet_world.cloud.faults("lambda", "PublishVersion", "error", **refuse)
    fleet_world.budget("test", 100)
    failed = fleet_world.world.work(fleet_world.world.promote("5.0.0", half="backend"))
    fleet_world.cloud.clear_faults()
    assert failed["status"] == "failed"
    assert "Prune old versions of functions" in failed["error"]
    assert "Nothing was switched" in failed["error"]
    assert fleet_world.served() == before
    assert fleet_world.again(failed)["status"] == "live"


def test_nothing_more_is_prepared_when_too_many_failed(
    fleet_world: FleetWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deployments.steps.fleets import crew

    monkeypatch.setattr(crew, "THREADS", 1)
    fleet_world.register("5.0.0")
    fleet_world.break_next(FIRST)
    since = fleet_world.cloud.next_call()
    failed = fleet_world.world.work(fleet_world.world.promote("5.0.0", half="backend"))
    assert FIRST in failed["error"]
    assert fleet_world.writes(since).count("PublishVersion") < len(NAMES) - 1


def test_a_handler_without_a_function_is_refused_before_the_click(fleet_world: FleetWorld) -> None:
    fleet_world.register("5.0.0")
    fleet_world.lambda_of().delete_function(FunctionName=fleet_world.function(FIRST))
    fleet_world.observe()
    assert FIRST in fleet_world.plan("5.0.0")["backend"]["blockers"][0]
    refused = fleet_world.world.promote("5.0.0", half="backend")
    assert (refused.status, refused["code"]) == (409, "wrong_state")


@pytest.mark.parametrize("environment", ["stage", "prod"])
def test_an_unknown_back_end_is_refused(fleet_world: FleetWorld, environment: str) -> None:
    fleet_world.register("5.0.0", front="1.0.0")
    refused = fleet_world.world.promote("5.0.0", environment, half="backend", confirm=environment)
    assert refused.status == 409
    assert refused["code"] in ("no_artifact", "out_of_order")


def test_lost_answers_and_throttles_are_borne(fleet_world: FleetWorld) -> None:
    fleet_world.register("5.0.0")
    for operation in ("UpdateFunctionCode", "PublishVersion", "UpdateAlias"):
        fleet_world.cloud.faults("lambda", operation, "lost_reply", rate=0.3)
        fleet_world.cloud.faults("lambda", operation, "error", status=429, rate=0.2)
    fleet_world.live("5.0.0")
    fleet_world.cloud.clear_faults()
    assert fleet_world.served() == dict.fromkeys(NAMES, "5.0.0")


def test_a_retry_does_not_pass_by_code_that_somebody_put_there(fleet_world: FleetWorld) -> None:
    fleet_world.register("5.0.0")
    fleet_world.register("6.0.0")
    fleet_world.live("5.0.0")
    answer = fleet_world.world.promote("6.0.0", half="backend")
    fleet_world.world.do_before(answer, "verify-handlers")
    fleet_world.age(answer["id"])
    fleet_world.lambda_of().update_alias(
        FunctionName=fleet_world.function(FIRST), Name="live", FunctionVersion="1"
    )
    failed = fleet_world.world.work(answer)
    assert (failed["status"], FIRST in failed["error"]) == ("partial", True)
    again = fleet_world.world.api.post(f"deployments/{failed['id']}/retry", {"reason": "Look again"})
    assert again.status == 202
    assert fleet_world.world.carry_out(failed["id"])["status"] == "partial"


def test_what_was_partly_live_and_then_put_back_is_not_said_to_run(fleet_world: FleetWorld) -> None:
    from deployments.models import Fleet
    from products.models import Environment

    test = Environment.objects.filter(product__slug="tim-combo", name="test")
    fleet_world.register("5.0.0")
    fleet_world.register("6.0.0")
    first = fleet_world.live("5.0.0")
    test.update(failure_budget=1)
    fleet_world.break_next(FIRST, count=2)
    part = fleet_world.world.work(fleet_world.world.promote("6.0.0", half="backend"))
    assert part["status"] == "partial"
    test.update(failure_budget=0)
    fleet_world.world.api.post(f"deployments/{part['id']}/retry", {"reason": "Again"})
    assert fleet_world.world.carry_out(part["id"])["status"] == "failed"
    assert fleet_world.served() == dict.fromkeys(NAMES, "5.0.0")
    assert Fleet.objects.get(prefix="tim-sb-").running_id == first["id"]


def test_code_that_was_lost_is_registered_and_deployed_anew(fleet_world: FleetWorld) -> None:
    from deployments.models import CodeCopy
    from tests.fleets.world import digest

    fleet_world.observe("dev")
    fleet_world.register("5.0.0")
    fleet_world.live("5.0.0")
    lost = CodeCopy.objects.get(bucket="tim-dev-lambda", sha256=digest(FIRST, "5.0.0"))
    s3 = fleet_world.cloud.client("s3", "development")
    s3.delete_object(Bucket=lost.bucket, Key=lost.key, VersionId=lost.version_id)
    failed = fleet_world.world.work(fleet_world.world.promote("5.0.0", "dev", half="backend"))
    assert failed["status"] == "failed"
    assert f"The code of {FIRST} is not in tim-dev-lambda any more" in failed["error"]
    fleet_world.register("5.0.1", says="5.0.0")
    fleet_world.live("5.0.1", "dev")
    assert fleet_world.served("dev") == dict.fromkeys(NAMES, "5.0.0")


def test_what_the_console_left_itself_was_not_edited_by_hand(fleet_world: FleetWorld) -> None:
    """One update without a publication, one whose worker died before it could note it, one prepared late."""
    fleet_world.register("5.0.0")
    fleet_world.register("6.0.0")
    fleet_world.live("5.0.0")
    fleet_world.cloud.faults("lambda", "PublishVersion", "error", status=403, code="AccessDeniedException")
    failed = fleet_world.world.work(fleet_world.world.promote("6.0.0", half="backend"))
    fleet_world.cloud.clear_faults()
    assert failed["status"] == "failed"
    fleet_world.observe()
    assert not fleet_world.edited()
    fleet_world.edit_by_hand(FIRST)
    fleet_world.observe()
    assert fleet_world.edited() == {FIRST: ["code"]}


def test_one_that_is_prepared_late_was_not_edited_by_hand(fleet_world: FleetWorld) -> None:
    fleet_world.budget("test", 1)
    fleet_world.register("5.0.0")
    fleet_world.break_next(FIRST)
    part = fleet_world.world.work(fleet_world.world.promote("5.0.0", half="backend"))
    assert fleet_world.again(part)["status"] == "live"
    fleet_world.observe()
    assert not fleet_world.edited()


def test_a_copy_that_a_dead_worker_made_keeps_where_it_came_from(fleet_world: FleetWorld) -> None:
    from deployments.models import CodeCopy

    fleet_world.register("5.0.0")
    fleet_world.live("5.0.0")
    CodeCopy.objects.exclude(copied_from=None).delete()
    fleet_world.register("6.0.0", [FIRST])
    fleet_world.live("6.0.0")
    fleet_world.live("5.0.0")
    copies = CodeCopy.objects.filter(bucket="tim-sb-be-live")
    assert copies.exists()
    assert {copy.copied_from.bucket for copy in copies if copy.copied_from} == {"tim-dev-lambda"}
    assert not copies.filter(copied_from=None).exists()


def test_each_rollback_of_the_back_end_goes_one_further_back(fleet_world: FleetWorld) -> None:
    for version in ("5.0.0", "6.0.0", "7.0.0"):
        fleet_world.register(version)
        left = fleet_world.live(version)
    back = fleet_world.world.work(fleet_world.world.roll_back(half="backend"))
    assert back["version"] == "6.0.0"
    shown = Deployment.objects.select_related("run").get(pk=left["id"])
    assert status_of(shown) == "rolled_back"
    back = fleet_world.world.work(fleet_world.world.roll_back(half="backend"))
    assert back["version"] == "5.0.0"
    assert fleet_world.served() == dict.fromkeys(NAMES, "5.0.0")
    back = fleet_world.world.work(fleet_world.world.roll_back(half="backend"))
    assert back["version"] == "before-5.0.0"
    nothing = fleet_world.world.roll_back(half="backend")
    assert (nothing.status, nothing["code"]) == (409, "no_artifact")
    fleet_world.live("7.0.0")
    assert fleet_world.world.work(fleet_world.world.roll_back(half="backend"))["version"] == "before-5.0.0"


def test_a_rollback_that_failed_and_was_put_back_left_nothing(fleet_world: FleetWorld) -> None:
    for version in ("5.0.0", "6.0.0"):
        fleet_world.register(version)
        fleet_world.live(version)
    alias = {"FunctionName": fleet_world.function(FIRST), "Name": "live"}
    answer = fleet_world.world.roll_back(half="backend")
    fleet_world.world.do_before(answer, "switch-handlers")
    fleet_world.lambda_of().delete_alias(**alias)
    assert fleet_world.world.work(answer)["status"] == "failed"
    assert fleet_world.served() == dict.fromkeys(NAMES, "6.0.0")
    assert not Deployment.objects.filter(back_end_left=True).exists()


def test_a_version_that_is_gone_or_of_a_function_made_anew_is_not_switched_to(
    fleet_world: FleetWorld,
) -> None:
    for version in ("5.0.0", "6.0.0"):
        fleet_world.register(version)
        fleet_world.live(version)
    answer = fleet_world.world.roll_back(half="backend")
    fleet_world.world.do_before(answer, "switch-handlers")
    change = HandlerChange.objects.get(deployment=answer["id"], name=FIRST)
    functions, function = fleet_world.lambda_of(), fleet_world.function(FIRST)
    functions.delete_function(FunctionName=function, Qualifier=change.version)
    HandlerChange.objects.filter(deployment=answer["id"], name=NAMES[1]).update(version="1")
    since = fleet_world.cloud.next_call()
    failed = fleet_world.world.work(answer)
    assert f"Version {change.version} of {function} is gone." in failed["error"]
    assert (
        f"Version 1 of {fleet_world.function(NAMES[1])} holds other code than was deployed" in failed["error"]
    )
    assert fleet_world.served() == dict.fromkeys(NAMES, "6.0.0")
    moved = {call["resource"] for call in fleet_world.cloud.calls(since, "lambda", "UpdateAlias")}
    assert not [one for one in moved if one.startswith((function, fleet_world.function(NAMES[1])))]


def test_when_every_handler_is_left_out_the_rest_goes_on_and_other_code_runs(fleet_world: FleetWorld) -> None:
    world = fleet_world.world
    world.stock("1.0.0", "1.1.0")
    fleet_world.register("5.0.0", [FIRST], front="1.0.0")
    fleet_world.register("7.0.0", [FIRST], front="1.1.0")
    fleet_world.live("5.0.0", half="")
    running = Fleet.objects.get(prefix="tim-sb-").running_id
    answer = world.promote("7.0.0", half="")
    assert [one.name for one in HandlerChange.objects.filter(deployment=answer["id"])] == [FIRST]
    world.do_before(answer, "switch-handlers")
    fleet_world.lambda_of().delete_alias(FunctionName=fleet_world.function(FIRST), Name="live")
    failed = world.work(answer)
    assert failed["status"] == "failed"
    path = f"deployments/{failed['id']}/handlers/{FIRST}/skip"
    assert world.api.post(path, {"reason": "Retired next week"}).status == 200
    assert fleet_world.again(failed)["status"] == "live"
    assert world.environment()["running"] == "7.0.0"
    assert Fleet.objects.get(prefix="tim-sb-").running_id == running
