"""What a person does to a deployment under way or failed: cancel, retry, skip; and what a failed one leaves behind."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.shipping import OWN_ROBOTS, PRODUCT, Answer, World


def _steer(world: World, answer: Answer, act: str) -> Answer:
    return world.api.post(f"deployments/{answer['id']}/{act}", {"reason": "Because of the demo at ten"})


def _fails_when_copying(world: World, version: str) -> Answer:
    fault = world.cloud.faults(
        "s3", "CopyObject", "error", status=403, code="AccessDenied", resource="/assets/"
    )
    failed = world.work(world.promote(version))
    world.cloud.clear_faults(fault)
    assert failed["status"] == "failed"
    return failed


def test_a_deployment_is_cancelled_until_entry_points_are_written(world: World) -> None:
    world.stock("1.0.0", "1.1.0")
    world.live("1.0.0")
    with world.prober() as visitor:
        stopped = world.promote("1.1.0")
        world.do_before(stopped, "switch")
        assert _steer(world, stopped, "cancel").status in (200, 202)
        assert world.carry_out(stopped["id"])["status"] == "cancelled"
        assert (world.environment()["running"], world.environment()["state"]) == ("1.0.0", "live")
        late = world.promote("1.1.0")
        world.do_before(late, "invalidate")
        refused = _steer(world, late, "cancel")
        assert (refused.status, refused["code"]) == (409, "wrong_state")
        assert world.carry_out(late["id"])["status"] == "live"
    assert visitor.verdict.problems == []
    assert visitor.verdict.versions == ["1.0.0", "1.1.0"]


def test_a_failed_deployment_goes_on_where_it_failed(world: World) -> None:
    world.stock("1.0.0", "1.1.0")
    world.live("1.0.0")
    failed = _fails_when_copying(world, "1.1.0")
    assert _steer(world, failed, "skip")["code"] == "wrong_state"
    assert _steer(world, failed, "retry").status in (200, 202)
    assert _steer(world, failed, "retry")["code"] == "wrong_state"
    ended = world.carry_out(failed["id"])
    assert ended["status"] == "live"
    assert {step["status"] for step in ended["steps"]} == {"done"}


def test_a_retry_is_refused_after_a_later_deployment_wrote_entry_points(world: World) -> None:
    world.stock("1.0.0", "1.1.0", "1.2.0")
    world.live("1.0.0")
    failed = _fails_when_copying(world, "1.1.0")
    later = world.promote("1.2.0")
    assert _steer(world, failed, "retry")["code"] == "busy"
    world.carry_out(later["id"])
    refused = _steer(world, failed, "retry")
    assert (refused.status, refused["code"]) == (409, "wrong_state")
    assert "1.2.0" in refused["detail"]
    assert world.environment()["live"] == "1.2.0"


def test_a_retry_is_refused_after_a_later_deployment_replaced_files_and_failed_too(world: World) -> None:
    world.stock("1.0.0", "1.1.0")
    world.live("1.0.0")
    first = world.promote("1.0.0")
    world.do_before(first, "fetch")
    world.fail(first, "fetch")
    harmless = world.promote("1.0.0")
    world.fail(harmless, "check")
    second = world.promote("1.1.0")
    world.do_before(second, "copy")
    world.fail(second, "copy")
    assert _steer(world, first, "retry").status in (200, 202)
    world.fail(first, "fetch")
    assert _steer(world, second, "retry").status in (200, 202)
    world.do_before(second, "fetch")
    world.fail(second, "fetch")
    refused = _steer(world, first, "retry")
    assert (refused.status, refused["code"]) == (409, "wrong_state")
    assert "wrote over files" in refused["detail"]


def test_the_verification_may_be_skipped_with_a_reason(world: World, settings: Any) -> None:
    from runs.models import RunStep

    world.stock("1.0.0", "1.1.0")
    world.live("1.0.0")
    answer = world.promote("1.1.0")
    world.do_before(answer, "verify")
    settings.CONSOLE_EDGE = "http://127.0.0.1:9"
    step = RunStep.objects.filter(run__deployment=answer["id"], name="verify")
    step.update(deadline_at=timezone.now() - timedelta(seconds=1))
    failed = world.carry_out(answer["id"])
    assert (failed["status"], world.environment()["running"], world.environment()["live"]) == (
        "failed",
        "1.1.0",
        "1.0.0",
    )
    assert "could not be asked" in failed["error"]
    assert _steer(world, failed, "cancel")["code"] == "wrong_state"
    assert _steer(world, failed, "skip").status in (200, 202)
    ended = world.carry_out(failed["id"])
    assert (ended["status"], world.step(ended, "verify")) == ("live", "skipped")
    # Nobody saw it at the edge, so nothing says so.
    assert (world.environment()["running"], world.environment()["live"]) == ("1.1.0", "1.0.0")


@pytest.mark.parametrize("then", ["1.0.0", "1.1.0", "1.2.0"])
@pytest.mark.parametrize("fails_at", ["fetch", "invalidate"])
def test_what_a_failed_deployment_replaced_is_forgotten_by_the_edge_after_the_next(
    world: World, then: str, fails_at: str
) -> None:
    world.stock("1.0.0", "1.1.0", "1.2.0")
    world.live("1.0.0")
    assert world.visit("/robots.txt").body != OWN_ROBOTS
    answer = world.promote("1.1.0")
    world.do_before(answer, fails_at)
    world.fail(answer, fails_at)
    world.visit("/robots.txt")
    world.live(then)
    world.settle()
    assert (world.visit("/robots.txt").body == OWN_ROBOTS) is (then != "1.0.0")


def test_an_empty_plan_checks_verifies_and_records(world: World) -> None:
    world.stock("1.0.0")
    world.live("1.0.0")
    since = world.cloud.next_call()
    plan = world.plan("1.0.0")
    assert (plan["added"], plan["changed"], plan["removed_from_manifest"], plan["bytes"]) == ([], [], [], 0)
    ended = world.live("1.0.0", plan_digest=plan["digest"])
    assert {step["status"] for step in ended["steps"]} == {"done"}
    assert world.cloud.calls(since, "s3", "CopyObject") == world.cloud.calls(since, "s3", "PutObject") == []
    # The bucket's owner, the archive, the environment's bucket for the copies and its top folder for the entry point.
    assert len(world.cloud.calls(since, "s3", "ListObjectsV2")) == 4
    found = world.api_of("auditor").get("audit/events?limit=5")["items"]
    assert [event["action"] for event in found][:2] == ["deployment.ended", "deployment.promote"]
    assert PRODUCT in {event["product"] for event in found}
