"""Copies of buckets in a second Region."""

import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from provisioning.shapes import Address
from tests.owner import iam_of, install_shown, remove_role
from tests.provisioning.conftest import MEDIA, PRODUCT, Estate

ARCHIVE, DEV = "tim-releases-855652006097", "tim-app-dev-855652006097"
THERE = "us-west-2"
ROLE = "deploy-console-replication"


@pytest.fixture(autouse=True)
def _asked_for(estate: Estate, kept_roles: None) -> None:
    from products.models import Environment, Product

    install_shown(estate.cloud, "media", "access")
    Product.objects.filter(slug=PRODUCT).update(replica_region=THERE)
    Environment.objects.filter(product__slug=PRODUCT, name="dev").update(replicated=True)


def s3_in(estate: Estate, region: str) -> Any:
    return estate.cloud.client("s3", "media", "owner", region=region)


def test_what_is_new_is_copied_into_the_second_region(estate: Estate) -> None:
    estate.adopted()
    assert estate.plan().changes == ()
    here, there = s3_in(estate, "us-east-2"), s3_in(estate, THERE)
    for name in (ARCHIVE, DEV):
        copy = f"{name}-{THERE}"
        assert there.get_bucket_location(Bucket=copy)["LocationConstraint"] == THERE
        assert there.get_bucket_versioning(Bucket=copy)["Status"] == "Enabled"
        put = here.put_object(Bucket=name, Key="releases/a", Body=b"new")
        found = there.get_object(Bucket=copy, Key="releases/a")
        assert (found["Body"].read(), found["VersionId"]) == (b"new", put["VersionId"])
        status = [
            s3.head_object(Bucket=one, Key="releases/a")["ReplicationStatus"]
            for s3, one in ((here, name), (there, copy))
        ]
        assert status == ["COMPLETED", "REPLICA"]
    here.delete_object(Bucket=DEV, Key="releases/a")
    assert there.list_objects_v2(Bucket=f"{DEV}-{THERE}")["KeyCount"] == 0
    kept = there.list_object_versions(Bucket=f"{DEV}-{THERE}")
    assert (len(kept["Versions"]), len(kept["DeleteMarkers"])) == (1, 1)
    since = estate.cloud.next_call()
    estate.look()
    assert estate.plan().changes == ()
    assert estate.writes(since) == []


def test_a_copy_is_private_and_cleans_up_as_the_bucket_itself(estate: Estate) -> None:
    from provisioning.selectors import wishes_of

    shapes = {one.address: one.shape for one in wishes_of(estate.product)}
    for name in (ARCHIVE, DEV):
        own, copy = (shapes[Address("bucket", MEDIA, one)].as_json() for one in (name, f"{name}-{THERE}"))
        assert copy | {"region": own["region"]} == own


def test_copying_that_somebody_stopped_or_led_elsewhere_is_put_back(estate: Estate) -> None:
    estate.adopted()
    s3, address = s3_in(estate, "us-east-2"), Address("replication", MEDIA, DEV)
    config = s3.get_bucket_replication(Bucket=DEV)["ReplicationConfiguration"]
    config["Rules"][0]["Status"] = "Disabled"
    s3.put_bucket_replication(Bucket=DEV, ReplicationConfiguration=config)
    estate.look()
    assert [field.name for field in _change(estate, address).fields] == ["enabled"]
    estate.applied(address)
    s3.delete_bucket_replication(Bucket=DEV)
    estate.look()
    assert _change(estate, address).action == "create"
    estate.applied(address)
    estate.look()
    assert estate.state("replication", DEV) == "sync"


def _change(estate: Estate, address: Address) -> Any:
    (found,) = [one for one in estate.plan().changes if one.address == address]
    return found


def test_what_is_copied_no_longer_stays_where_it_was_copied_to(estate: Estate) -> None:
    """The rule goes; the bucket over there is deleted only when it is empty, which it is not."""
    from products.models import Environment

    estate.adopted()
    s3_in(estate, "us-east-2").put_object(Bucket=DEV, Key="a", Body=b"a")
    Environment.objects.filter(product__slug=PRODUCT, name="dev").update(replicated=False)
    estate.look()
    gone = {one.address.kind: one.address for one in estate.plan().changes if one.action == "delete"}
    assert set(gone) == {"replication", "bucket"}
    estate.applied(gone["replication"])
    run = estate.carry_out(estate.apply(gone["bucket"]).run_id)
    assert "still holds objects, so it was not deleted" in run.error


def test_only_s3_takes_the_role_and_only_for_these_buckets(estate: Estate) -> None:
    estate.adopted()
    iam = iam_of(estate.cloud, "media")
    (trust,) = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "s3.amazonaws.com"}
    policy = iam.get_role_policy(RoleName=ROLE, PolicyName="console")["PolicyDocument"]["Statement"]
    named = {arn for one in policy for arn in one["Resource"]}
    buckets = {arn.removeprefix("arn:aws:s3:::").removesuffix("/*") for arn in named}
    copied = {ARCHIVE, DEV, "tim-app-prod-855652006097"}
    assert buckets == copied | {f"{name}-{THERE}" for name in copied}


def test_the_role_for_the_estate_passes_on_this_role_to_s3_alone(estate: Estate) -> None:
    estate.adopted()
    s3 = estate.cloud.client("s3", "media", "estate")
    config = s3_in(estate, "us-east-2").get_bucket_replication(Bucket=DEV)["ReplicationConfiguration"]
    config["Role"] = f"arn:aws:iam::{MEDIA}:role/deploy-console-access"
    with pytest.raises(s3.exceptions.ClientError, match="iam:PassRole"):
        s3.put_bucket_replication(Bucket=DEV, ReplicationConfiguration=config)


def test_without_a_role_for_access_the_owner_installs_what_is_shown(estate: Estate) -> None:
    """Then the plan copies as soon as the role is there."""
    from products.models import Account, AccountRole
    from products.policies import policies_of

    estate.adopted()
    AccountRole.objects.filter(purpose="access").delete()
    remove_role(estate.cloud, "media", ROLE)
    told = {one["purpose"]: one for one in policies_of(Account.objects.get(name="media"))}["copies"]
    assert told["role"] == f"arn:aws:iam::{MEDIA}:role/{ROLE}"
    iam = iam_of(estate.cloud, "media")
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=told["trust"])
    (text,) = told["permissions"]
    iam.put_role_policy(RoleName=ROLE, PolicyName="one", PolicyDocument=text)
    s3_in(estate, "us-east-2").delete_bucket_replication(Bucket=DEV)
    estate.look()
    estate.applied(Address("replication", MEDIA, DEV))
    assert json.loads(text)["Statement"]


@pytest.mark.parametrize(
    ("region", "words"),
    [
        ("us-east-2", "The archive itself is in us-east-2"),
        ("us-west-1", "shares the archive"),
        ("west", "us-west-2"),
    ],
)
def test_a_region_that_makes_no_sense_is_refused_by_name(estate: Estate, region: str, words: str) -> None:
    from products.models import Product

    other = Product.objects.get(slug="flux-systems")
    other.artifact_bucket, other.replica_region = ARCHIVE, region
    with pytest.raises(ValidationError, match=words):
        other.full_clean()


def test_what_narrows_or_changes_copies_is_seen(estate: Estate) -> None:
    estate.adopted()
    s3, address = s3_in(estate, "us-east-2"), Address("replication", MEDIA, DEV)
    config = s3.get_bucket_replication(Bucket=DEV)["ReplicationConfiguration"]
    config["Rules"][0]["Filter"] = {"Prefix": "nothing/"}
    config["Rules"][0]["Destination"]["StorageClass"] = "GLACIER"
    s3.put_bucket_replication(Bucket=DEV, ReplicationConfiguration=config)
    estate.look()
    assert {field.name for field in _change(estate, address).fields} == {"only", "changed"}
    estate.applied(address)
    estate.look()
    assert estate.state("replication", DEV) == "sync"


def test_versions_that_s3_does_not_know_of_everywhere_are_waited_for(estate: Estate) -> None:
    """AWS: that a bucket keeps versions holds for a replication some time after it was said."""
    estate.cloud.settings(versioning_seconds=1.0)
    estate.look()
    estate.applied()
    assert estate.plan().changes == ()


def test_another_second_region_has_buckets_of_its_own(estate: Estate) -> None:
    from products.models import Product

    estate.adopted()
    Product.objects.filter(slug=PRODUCT).update(replica_region="eu-west-1")
    estate.look()
    gone = [one.address for one in estate.plan().changes if one.action == "delete"]
    assert {address.name for address in gone} == {
        f"{name}-{THERE}" for name in (ARCHIVE, DEV, "tim-app-prod-855652006097")
    }
    estate.applied()
    # The rights to delete what is gone now are given up.
    assert {one.address.kind for one in estate.plan().changes} == {"role-policy"}
    estate.applied()
    assert estate.plan().changes == ()
    found = s3_in(estate, "eu-west-1").get_bucket_location(Bucket=f"{DEV}-eu-west-1")
    assert found["LocationConstraint"] == "eu-west-1"


def test_the_checklist_believes_no_rule_that_does_not_copy(estate: Estate) -> None:
    from products.models import Environment
    from timcombo_console.checklist.sections import sections
    from timcombo_console.checklist.view import view_of

    def line() -> tuple[str, str]:
        lines = (line for _, found in sections(view_of(estate.product)) for line in found)
        one = next(line for line in lines if line.text.startswith("Cross-Region replication"))
        return one.state, one.evidence

    estate.adopted()
    assert line()[0] == "met"
    s3 = s3_in(estate, "us-east-2")
    config = s3.get_bucket_replication(Bucket=DEV)["ReplicationConfiguration"]
    config["Rules"][0]["Status"] = "Disabled"
    s3.put_bucket_replication(Bucket=DEV, ReplicationConfiguration=config)
    estate.look()
    assert line() == ("wrong", f"{DEV} is other than it should be.")
    Environment.objects.filter(product__slug=PRODUCT, name="prod").update(replicated=False)
    assert line()[1].startswith("The archive is copied to us-west-2, prod")
