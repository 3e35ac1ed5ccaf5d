"""Plans: what is created, changed, adopted and deleted, in which order, and in which words."""

from dataclasses import replace

import pytest

from provisioning.differences import differences
from provisioning.planner import Seen, Wish, drift, make_plan, pending
from provisioning.shapes import (
    AccessControl,
    Address,
    Bucket,
    BucketPolicy,
    Expiry,
    Shape,
    Statement,
    shape_of,
)

MEDIA = "111111111111"
OLD = Expiry(id="old", noncurrent_days=90, kept=5)
BUCKET = Bucket(region="us-east-2", rules=(OLD,), tags=(("product", "shop"),))
POLICY = BucketPolicy(
    statements=(
        Statement(sid="Edge", principals=("Service:x",), actions=("s3:GetObject",), resources=("a",)),
    )
)


def wish(shape: Shape, name: str = "shop") -> Wish:
    return Wish(Address(shape.kind, MEDIA, name), shape, "dev")


def test_what_is_not_there_is_created_in_the_order_of_need() -> None:
    wishes = [wish(AccessControl()), wish(POLICY), wish(BUCKET)]
    plan = make_plan(wishes, {one.address: Seen(None) for one in wishes})
    assert [change.address.kind for change in plan.changes] == ["bucket", "access-control", "bucket-policy"]
    assert {change.action for change in plan.changes} == {"create"}


def test_what_somebody_else_made_is_adopted_only_when_ticked() -> None:
    one = wish(BUCKET)
    plan = make_plan([one], {one.address: Seen(BUCKET)})
    (change,) = plan.changes
    assert (change.action, change.fields, change.needs_tick) == ("adopt", (), True)
    assert plan.chosen([]) == ()
    assert plan.chosen([one.address]) == (change,)


def test_a_change_is_told_field_by_field() -> None:
    one = wish(BUCKET)
    found = replace(BUCKET, versioning=False, rules=(replace(OLD, kept=3),), tags=())
    (change,) = make_plan([one], {one.address: Seen(found, owned=True)}).changes
    assert change.action == "update"
    assert [tuple(field) for field in change.fields] == [
        ("versioning", "no", "yes"),
        ("rules.old.kept", "3", "5"),
        ("tags.product", None, "shop"),
    ]


def test_what_is_no_longer_wished_is_deleted_last_and_only_when_ours_and_ticked() -> None:
    gone, foreign = Address("bucket", MEDIA, "gone"), Address("bucket", MEDIA, "theirs")
    seen = {
        gone: Seen(BUCKET, owned=True),
        Address("bucket-policy", MEDIA, "gone"): Seen(POLICY, owned=True),
        foreign: Seen(BUCKET),
        wish(BUCKET).address: Seen(None),
    }
    plan = make_plan([wish(BUCKET)], seen)
    assert [(change.action, change.address.kind) for change in plan.changes] == [
        ("create", "bucket"),
        ("delete", "bucket-policy"),
        ("delete", "bucket"),
    ]
    assert [change.action for change in plan.chosen([])] == ["create"]


def test_what_nobody_has_seen_is_said_and_planned_for_nobody() -> None:
    plan = make_plan([wish(BUCKET)], {})
    assert (plan.changes, plan.unseen) == ((), (wish(BUCKET).address,))


def test_the_digest_is_of_what_was_found_and_is_to_be() -> None:
    one = wish(BUCKET)
    seen = {one.address: Seen(replace(BUCKET, versioning=False), owned=True)}
    plan = make_plan([one], seen)
    assert plan.digest == make_plan([one], seen).digest
    others = [
        make_plan([one], {one.address: Seen(None)}),
        make_plan([one], {one.address: Seen(replace(BUCKET, encryption="aws:kms"), owned=True)}),
        make_plan([wish(replace(BUCKET, encryption="aws:kms"))], seen),
        make_plan([one], {}),
    ]
    assert len({plan.digest, *(other.digest for other in others)}) == 5


def test_drift_is_told_from_what_was_edited_here() -> None:
    one = wish(replace(BUCKET, encryption="aws:kms"))
    found = Seen(replace(BUCKET, versioning=False), owned=True, applied=BUCKET)
    assert [field.name for field in drift(found)] == ["versioning"]
    assert [field.name for field in pending(one, found)] == ["encryption"]
    assert drift(replace(found, owned=False)) == ()


def test_a_part_that_is_put_between_is_no_change_of_the_others() -> None:
    new = replace(BUCKET, rules=(Expiry(id="first", abort_days=7), OLD))
    assert [tuple(field) for field in differences(BUCKET, new)] == [
        ("rules.first.abort_days", None, "7"),
    ]


@pytest.mark.parametrize("shape", [BUCKET, POLICY, AccessControl()])
def test_a_shape_is_kept_as_it_is(shape: Shape) -> None:
    assert shape_of(shape.kind, shape.as_json()) == shape
