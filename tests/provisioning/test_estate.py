"""Looking, planning and applying against the emulated cloud."""

from typing import Any

import pytest

from audit.models import Event
from provisioning.models import ChangeState, PlannedChange, Resource
from provisioning.services.accept import accept, stop_accepting
from provisioning.services.apply import apply_plan
from provisioning.shapes import Address
from tests.provisioning.conftest import MEDIA, Estate
from users.refusals import Refused

BUCKET = "tim-app-dev-855652006097"
TEST_BUCKET = "tim-app-test-855652006097"
NEW = "tim-app-new-855652006097"
DEV = Address("bucket", MEDIA, BUCKET)


def test_the_documents_estate_is_seen_and_offered_for_adoption(estate: Estate) -> None:
    """Hand-made: nothing is touched before somebody ticks it, and the plan says what is wrong with it."""
    since = estate.cloud.next_call()
    estate.look()
    assert estate.writes(since) == []
    plan = estate.plan()
    assert plan.unseen == ()
    made = {change.address.kind for change in plan.changes if change.action != "adopt"}
    assert made == {
        *("web-acl", "monitoring", "topic", "alarm", "replication"),
        *("bucket", "bucket-policy", "log-destination", "log-delivery"),
    }
    wrong = next(change for change in plan.changes if change.address == DEV)
    assert ("rules.console-old-versions.kept", None, "5") in [tuple(field) for field in wrong.fields]


def test_adopting_everything_leaves_it_in_sync_and_a_second_time_changes_nothing(estate: Estate) -> None:
    estate.adopted()
    assert estate.plan().changes == ()
    since = estate.cloud.next_call()
    estate.look()
    assert (estate.plan().changes, estate.writes(since)) == ((), [])
    assert estate.state("bucket", BUCKET) == "sync"
    tags = estate.s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"]
    assert {"Key": "environment", "Value": "dev"} in tags
    ended = Event.objects.get(action="estate.applied")
    assert (ended.result, len(ended.request_ids) > 0) == ("ok", True)


def test_a_new_bucket_is_made_private_with_all_its_settings_and_serves_its_distribution(
    estate: Estate,
) -> None:
    estate.adopted()
    estate.new_bucket("dev", NEW)
    estate.look()
    plan = estate.plan()
    assert [(c.action, c.address.kind) for c in plan.changes if c.address.name == NEW] == [
        ("create", "bucket"),
        ("create", "access-control"),
        ("create", "bucket-policy"),
    ]
    only = [change.address for change in plan.changes if change.action == "create"]
    since = estate.cloud.next_call()
    estate.applied(*only)
    writes = estate.writes(since)
    # AWS: new buckets block public access by themselves.
    assert (writes[0], "PutPublicAccessBlock" in writes) == ("CreateBucket", False)
    assert estate.s3.get_bucket_versioning(Bucket=NEW)["Status"] == "Enabled"
    policy = estate.s3.get_bucket_policy(Bucket=NEW)["Policy"]
    assert f"arn:aws:cloudfront::{MEDIA}:distribution/E1TIMCDEV00000" in policy
    assert estate.state("bucket", NEW) == "sync"


def test_what_is_no_longer_wanted_is_deleted_when_ticked_and_empty(estate: Estate) -> None:
    estate.adopted()
    estate.s3.put_object(Bucket=BUCKET, Key="kept.txt", Body=b"kept")
    estate.new_bucket("dev", NEW)
    estate.look()
    assert [c.action for c in estate.plan(DEV).changes] == ["delete"]
    run = estate.carry_out(estate.apply(DEV).run_id)
    assert (run.state, "still holds objects" in run.error) == ("failed", True)
    estate.s3.delete_object(Bucket=BUCKET, Key="kept.txt")
    for version in estate.s3.list_object_versions(Bucket=BUCKET).get("Versions", []):
        estate.s3.delete_object(Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"])
    for marker in estate.s3.list_object_versions(Bucket=BUCKET).get("DeleteMarkers", []):
        estate.s3.delete_object(Bucket=BUCKET, Key=marker["Key"], VersionId=marker["VersionId"])
    estate.applied(DEV)
    assert estate.state("bucket", NEW) == "missing"
    assert BUCKET not in {one["Name"] for one in estate.s3.list_buckets()["Buckets"]}


def test_a_change_by_hand_is_named_and_put_back(estate: Estate) -> None:
    estate.adopted()
    estate.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    estate.look()
    assert estate.state("bucket", BUCKET) == "drift"
    (change,) = estate.plan().changes
    assert [tuple(field) for field in change.fields] == [("versioning", "no", "yes")]
    since = estate.cloud.next_call()
    estate.applied(DEV)
    assert estate.writes(since) == ["PutBucketVersioning"]
    assert estate.s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"


def test_a_change_by_hand_is_accepted_until_somebody_stops_that(estate: Estate) -> None:
    estate.adopted()
    estate.s3.delete_bucket_lifecycle(Bucket=BUCKET)
    estate.look()
    accept(actor=estate.admin, product=estate.product, address=DEV, reason="Legal hold")
    assert (estate.state("bucket", BUCKET), estate.plan().changes) == ("accepted", ())
    stop_accepting(actor=estate.admin, product=estate.product, address=DEV, reason="Over")
    assert estate.state("bucket", BUCKET) == "pending"
    estate.applied(DEV)
    assert estate.s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]


def test_tags_of_others_stay(estate: Estate) -> None:
    estate.s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "cost", "Value": "7"}]})
    estate.adopted()
    tags = {tag["Key"]: tag["Value"] for tag in estate.s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"]}
    assert (tags["cost"], tags["product"]) == ("7", "tim-combo")


def test_a_plan_that_no_longer_holds_is_refused(estate: Estate) -> None:
    estate.look()
    old = estate.plan()
    estate.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    estate.look()
    with pytest.raises(Refused) as caught:
        apply_plan(actor=estate.admin, product=estate.product, digest=old.digest, reason="x", ticked={DEV})
    assert caught.value.code == "stale_plan"


def test_what_somebody_changed_between_the_plan_and_its_turn_is_left_as_it_is(estate: Estate) -> None:
    estate.look()
    apply = estate.apply(DEV)
    encrypted = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    estate.s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [encrypted]})
    since = estate.cloud.next_call()
    run = estate.carry_out(apply.run_id)
    assert (run.state, estate.writes(since)) == ("failed", [])
    assert "was changed by somebody since the plan: encryption" in run.error


def test_a_bucket_that_somebody_made_meanwhile_is_not_taken_over(estate: Estate) -> None:
    estate.adopted()
    estate.new_bucket("dev", NEW)
    estate.look()
    apply = estate.apply(Address("bucket", MEDIA, NEW))
    place = {"LocationConstraint": "us-east-2"}
    estate.s3.create_bucket(Bucket=NEW, CreateBucketConfiguration=place)
    run = estate.carry_out(apply.run_id)
    assert (run.state, "somebody made it since the plan" in run.error) == ("failed", True)


def test_a_name_that_another_account_has_is_said(estate: Estate) -> None:
    estate.adopted()
    estate.new_bucket("dev", NEW)
    estate.look()
    apply = estate.apply(Address("bucket", MEDIA, NEW))
    place = {"LocationConstraint": "us-east-2"}
    estate.cloud.client("s3", "sandbox").create_bucket(Bucket=NEW, CreateBucketConfiguration=place)
    run = estate.carry_out(apply.run_id)
    assert (run.state, "another AWS account" in run.error or "not this account's" in run.error) == (
        "failed",
        True,
    )


def test_nobody_applies_or_deploys_to_what_is_being_changed(estate: Estate) -> None:
    estate.look()
    apply = estate.apply(DEV)
    environment = estate.product.environments.get(name="dev")
    assert environment.scope in apply.run.scope_names
    with pytest.raises(Refused) as caught:
        estate.apply(DEV)
    assert caught.value.code == "busy"
    assert "Apply a plan" in caught.value.text


def test_an_account_that_cannot_be_reached_is_said_and_the_others_are_seen(estate: Estate) -> None:
    estate.cloud.faults("s3", "GetBucketLocation", "error", code="AccessDenied", status=403, count=1)
    estate.look()
    failed = Resource.objects.exclude(error="")
    assert failed.count() == 1
    assert Resource.objects.filter(observed__isnull=False).count() > 5
    assert len(estate.plan().unseen) == 1
    with pytest.raises(Refused, match="Nobody has seen"):
        estate.apply()


@pytest.mark.parametrize("person", ["viewer", "release_manager", "auditor"])
def test_only_an_admin_applies(estate: Estate, person: str) -> None:
    estate.look()
    type(estate.admin).objects.filter(pk=estate.admin.pk).update(role=person)
    estate.admin.refresh_from_db()
    with pytest.raises(Refused) as caught:
        estate.apply()
    assert caught.value.code == "forbidden"


OPERATIONS = (
    ("s3", "CreateBucket"),
    ("s3", "PutPublicAccessBlock"),
    ("s3", "PutBucketLifecycleConfiguration"),
    ("s3", "PutBucketTagging"),
    ("s3", "PutBucketVersioning"),
    ("s3", "PutBucketPolicy"),
    ("cloudfront", "CreateOriginAccessControl"),
)


def test_lost_answers_make_nothing_twice(estate: Estate) -> None:
    """The answer of each call is lost once."""
    estate.adopted()
    estate.s3.delete_public_access_block(Bucket=TEST_BUCKET)
    estate.new_bucket("dev", NEW)
    estate.look()
    only = [change.address for change in estate.plan().changes if change.action in ("create", "update")]
    lost = {name: estate.cloud.faults(service, name, "lost_reply", count=1) for service, name in OPERATIONS}
    estate.applied(*only)
    assert [name for name, fault in lost.items() if estate.cloud.waits(fault)] == []
    estate.look()
    assert {c.address.name for c in estate.plan().changes} & {NEW, TEST_BUCKET} == set()
    controls = estate.cloud.client("cloudfront", "media").list_origin_access_controls()
    names = [one["Name"] for one in controls["OriginAccessControlList"]["Items"]]
    assert names.count(NEW) == 1


def test_a_run_that_failed_goes_on_where_it_failed(estate: Estate) -> None:
    from provisioning.services.steer import retry

    estate.look()
    apply = estate.apply()
    denied = estate.cloud.faults("s3", "PutBucketTagging", "error", code="AccessDenied", status=403)
    run = estate.carry_out(apply.run_id)
    assert run.state == "failed"
    begun = PlannedChange.objects.get(apply=apply, state=ChangeState.BEGUN)
    assert PlannedChange.objects.filter(apply=apply, state=ChangeState.PENDING).exists()
    estate.cloud.clear_faults(denied)
    retry(actor=estate.admin, apply=_again(apply), reason="Mended")
    assert estate.carry_out(apply.run_id).state == "succeeded"
    begun.refresh_from_db()
    assert begun.state == ChangeState.DONE
    estate.look()
    assert estate.plan().changes == ()


def _again(apply: Any) -> Any:
    return type(apply).objects.select_related("run", "product").get(pk=apply.pk)


PASSING = (
    ("s3", "PutBucketTagging", "SlowDown", 503),
    ("s3", "PutBucketLifecycleConfiguration", "OperationAborted", 409),
    ("cloudfront", "ListFunctions", "Throttling", 400),
    ("cloudfront", "UpdateDistribution", "ServiceUnavailable", 503),
    ("cloudfront", "UpdateFunction", "PreconditionFailed", 412),
)


def test_what_passes_does_not_fail_a_plan(estate: Estate) -> None:
    """AWS: throttles, conflicts with another change under way, and its own errors pass."""
    estate.look()
    struck = {
        name: estate.cloud.faults(service, name, "error", code=code, status=status, count=2)
        for service, name, code, status in PASSING
    }
    estate.applied()
    assert [name for name, fault in struck.items() if estate.cloud.waits(fault)] == []
    estate.look()
    assert estate.plan().changes == ()


def test_a_role_of_another_account_changes_nothing(estate: Estate) -> None:
    from products.models import AccountRole

    estate.look()
    apply = estate.apply()
    roles = {one.account.name: one for one in AccountRole.objects.filter(purpose="estate")}
    roles["media"].role_arn, roles["media"].external_id = (
        roles["sandbox"].role_arn,
        roles["sandbox"].external_id,
    )
    roles["media"].save()
    since = estate.cloud.next_call()
    run = estate.carry_out(apply.run_id)
    assert run.state == "failed"
    assert "the role acts in account 455510265254" in run.error
    changed = [c for c in estate.cloud.calls(since) if c["account"] == "455510265254"]
    assert not [
        c
        for c in changed
        if c["operation"].startswith(("Put", "Create", "Update", "Delete")) and MEDIA in c["resource"]
    ]


def test_an_account_without_the_role_is_said(estate: Estate) -> None:
    from products.models import AccountRole

    estate.look()
    apply = estate.apply(DEV)
    AccountRole.objects.filter(purpose="estate", account__name="media").delete()
    run = estate.carry_out(apply.run_id)
    assert (run.state, "names no role for the purpose estate" in run.error) == ("failed", True)
