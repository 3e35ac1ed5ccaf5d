"""What a deployment finds wrong in AWS before it writes: it ends failed, says what to do, and has written nothing."""

from collections.abc import Callable

import pytest

from products.models import Account, AccountRole, Environment
from runs import runner
from runs.models import Run
from tests.shipping import ARCHIVE, PRODUCT, World


def _environment() -> Environment:
    return Environment.objects.get(product__slug=PRODUCT, name="test")


def _wrong_account(world: World) -> None:
    """The role that the account names lives in another account."""
    other = Account.objects.get(name="sandbox").roles.get(purpose="deploy")
    named = Account.objects.get(name="media").roles.filter(purpose="deploy")
    named.update(role_arn=other.role_arn, external_id=other.external_id)


def _no_bucket(world: World) -> None:
    Environment.objects.filter(pk=_environment().pk).update(bucket="tim-nowhere")


def _foreign_bucket(world: World) -> None:
    _make_bucket(world, "tim-foreign", "sandbox")


def _unserved_bucket(world: World) -> None:
    _make_bucket(world, "tim-unserved", "media")


def _make_bucket(world: World, name: str, account: str) -> None:
    where = {"LocationConstraint": "us-east-2"}
    world.cloud.client("s3", account).create_bucket(Bucket=name, CreateBucketConfiguration=where)
    Environment.objects.filter(pk=_environment().pk).update(bucket=name)


def _no_distribution(world: World) -> None:
    Environment.objects.filter(pk=_environment().pk).update(distribution_id="E1NOWHERE00000")


def _vanished_object(world: World) -> None:
    world.cloud.client("s3").delete_object(Bucket=ARCHIVE, Key=world.archived("1.0.0", "index.html"))


def _wrong_external_id(world: World) -> None:
    Account.objects.get(name="media").roles.filter(purpose="deploy").update(external_id="somebody-else")


def _mend(environment: Environment, roles: list[AccountRole]) -> None:
    environment.save(update_fields=["bucket", "distribution_id"])
    AccountRole.objects.bulk_update(roles, ["role_arn", "external_id"])


@pytest.mark.parametrize(
    ("make_wrong", "told", "moved"),
    [
        (_wrong_account, "acts in account 455510265254", False),
        (_wrong_external_id, "deploy-console-deploy", False),
        (_no_bucket, "tim-nowhere", True),
        (_foreign_bucket, "tim-foreign", True),
        (_unserved_bucket, "does not serve the bucket tim-unserved", True),
        (_no_distribution, "E1NOWHERE00000", True),
        (_vanished_object, "index.html", False),
    ],
)
def test_a_wrong_place_is_found_before_anything_is_written(
    world: World, make_wrong: Callable[[World], None], told: str, moved: bool
) -> None:
    world.stock("1.0.0")
    kept, roles = _environment(), list(AccountRole.objects.all())
    make_wrong(world)
    since = world.cloud.next_call()
    failed = world.work(world.promote("1.0.0"))
    assert failed["status"] == "failed"
    assert told in failed["error"]
    assert failed["error"].endswith(".")
    assert world.step(failed, "check") == "failed"
    writes = {"CopyObject", "PutObject", "DeleteObject", "CreateInvalidation"}
    assert writes.isdisjoint(call["operation"] for call in world.cloud.calls(since))
    _mend(kept, roles)
    world.stock("1.0.0")
    again = world.api.post(f"deployments/{failed['id']}/retry", {"reason": "Mended"})
    if moved:
        assert (again.status, again["code"]) == (409, "wrong_state")
        assert "another bucket, distribution or back end" in again["detail"]
        again = world.promote("1.0.0")
    assert again.status in (200, 202), again.body
    assert world.carry_out(again["id"])["status"] == "live"


def test_an_object_that_vanishes_after_the_check_ends_the_deployment_before_the_switch(world: World) -> None:
    world.stock("1.0.0", "1.1.0")
    world.live("1.0.0")
    with world.prober() as visitor:
        answer = world.promote("1.1.0")
        world.do_before(answer, "copy")
        key = next(k for k in world.contents()["1.1.0"] if k.startswith("assets/main"))
        world.cloud.client("s3").delete_object(Bucket=ARCHIVE, Key=world.archived("1.1.0", key))
        failed = world.carry_out(answer["id"])
    assert (failed["status"], world.step(failed, "copy")) == ("failed", "failed")
    assert key in failed["error"]
    assert world.environment()["running"] == "1.0.0"
    assert visitor.verdict.problems == []
    assert visitor.verdict.versions == ["1.0.0"]


def test_a_change_of_the_distribution_under_way_is_waited_for(world: World) -> None:
    world.stock("1.0.0")
    _change_by_hand(world, "which takes long", 60)
    answer = world.promote("1.0.0")
    assert not runner.advance(Run.objects.get(deployment=answer["id"]).pk)
    assert "still rolling out" in Run.objects.get(deployment=answer["id"]).waiting_for
    assert world.step(answer, "check") == "waiting"
    assert world.objects() == {}
    _change_by_hand(world, "which is there at once", 0)
    assert world.carry_out(answer["id"])["status"] == "live"


def _change_by_hand(world: World, comment: str, seconds: float) -> None:
    """Somebody else changes the distribution, which takes so long to roll out."""
    world.cloud.settings(deploy_seconds=seconds)
    cloudfront, distribution = world.cloud.client("cloudfront"), _environment().distribution_id
    found = cloudfront.get_distribution_config(Id=distribution)
    changed = {**found["DistributionConfig"], "Comment": comment}
    cloudfront.update_distribution(Id=distribution, IfMatch=found["ETag"], DistributionConfig=changed)
