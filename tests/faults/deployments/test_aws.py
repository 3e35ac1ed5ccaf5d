"""AWS throttles, fails, loses answers and ends sessions; the deployment still ends right."""

import pytest

from tests.shipping import World, index_writes


def _trouble(world: World) -> None:
    faults = world.cloud.faults
    for service in ("s3", "cloudfront", "sts"):
        faults(
            service, "*", "error", rate=0.3, status=503, code="SlowDown" if service == "s3" else "Throttling"
        )
        faults(service, "*", "error", rate=0.1, status=500, code="InternalError")
        faults(service, "*", "lost_reply", rate=0.05)
    faults("s3", "CopyObject", "expired", skip=100, count=30)


def test_throttles_failures_lost_replies_and_expired_credentials_do_no_harm(world: World) -> None:
    world.stock("2.0.0", "3.0.0")
    world.live("2.0.0")
    _trouble(world)
    with world.prober() as visitor:
        ended = world.work(world.promote("3.0.0"), 100)
    world.cloud.clear_faults()
    assert (ended["status"], ended["error"]) == ("live", None)
    assert visitor.verdict.problems == []
    assert visitor.verdict.versions == ["2.0.0", "3.0.0"]
    assert world.objects().keys() >= world.contents()["3.0.0"].keys()


@pytest.mark.parametrize("back", [False, True], ids=["promotion", "rollback"])
def test_a_lost_reply_to_an_entry_point_is_settled_by_the_next_attempt(world: World, back: bool) -> None:
    world.stock("1.0.0", "1.1.0")
    for version in ("1.0.0", "1.1.0") if back else ("1.0.0",):
        world.live(version)
    since = world.cloud.next_call()
    world.cloud.faults("s3", "CopyObject", "lost_reply", resource="/index.html", count=1)
    ended = world.work(world.roll_back() if back else world.promote("1.1.0"))
    assert ended["status"] == "live"
    assert index_writes(world, since) == ["done", "PreconditionFailed", "done"]
    assert world.step(ended, "switch") == "done"


def test_credentials_that_expire_in_the_middle_are_renewed(world: World) -> None:
    world.stock("2.0.0")
    fault = world.cloud.faults("s3", "CopyObject", "expired", skip=20, count=1)
    world.live("2.0.0")
    assert not world.cloud.waits(fault)


def test_a_step_that_fails_again_and_again_fails_the_deployment_and_a_retry_ends_it(world: World) -> None:
    world.stock("1.0.0")
    world.cloud.faults("s3", "CopyObject", "error", status=403, code="AccessDenied")
    failed = world.work(world.promote("1.0.0"))
    assert failed["status"] == "failed"
    assert "AccessDenied" in failed["error"]
    assert world.environment()["state"] == "failed"
    world.cloud.clear_faults()
    again = world.api.post(f"deployments/{failed['id']}/retry", {"reason": "The policy was mended"})
    assert again.status in (200, 202), again.body
    assert world.environment()["state"] == "deploying"
    assert world.carry_out(failed["id"])["status"] == "live"
