"""Role changes: who may, with which external id, for how long."""

from typing import Any

import pytest

from devcloud.identity import STRANGER_KEY, STRANGER_SECRET
from tests.cloud import CloudProcess
from tests.devcloud.conftest import DEV_BUCKET, MEDIA, Refused

ROLE = f"arn:aws:iam::{MEDIA}:role/deploy-console-deploy"
EXTERNAL_ID = "7c1d52aa-19d8-4a7c-8f0b-3f1f6f6f2e02"
WISH: dict[str, Any] = {"RoleArn": ROLE, "RoleSessionName": "run-1", "ExternalId": EXTERNAL_ID}


def test_the_worker_becomes_a_role_in_the_account(cloud: CloudProcess) -> None:
    assert cloud.worker_client("sts").get_caller_identity()["Account"] == "111111111111"
    identity = cloud.client("sts").get_caller_identity()
    assert identity["Account"] == MEDIA
    assert identity["Arn"] == f"arn:aws:sts::{MEDIA}:assumed-role/deploy-console-deploy/tests"


def test_every_account_keeps_its_own_things(cloud: CloudProcess) -> None:
    for account, bucket in (("development", "dev-things"), ("sandbox", "sandbox-things")):
        s3 = cloud.client("s3", account)
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
        own = {each["Name"] for each in s3.list_buckets()["Buckets"]}
        assert own & {"dev-things", "sandbox-things", "tim-app-dev-855652006097"} == {bucket}


@pytest.mark.parametrize("external_id", ["5a0f6c1e-6d0b-4d6b-9a54-0c3a1b6b7d01", EXTERNAL_ID.upper(), None])
def test_a_wrong_external_id_is_denied(
    cloud: CloudProcess, refused: Refused, external_id: str | None
) -> None:
    """AWS: the trust policy compares sts:ExternalId exactly, and a missing one matches nothing."""
    sts = cloud.worker_client("sts")
    assert sts.assume_role(**WISH)["Credentials"]
    wrong = {name: value for name, value in WISH.items() if name != "ExternalId"}
    with refused("AccessDenied", 403):
        sts.assume_role(**wrong, **({"ExternalId": external_id} if external_id else {}))


def test_nobody_else_may_assume(cloud: CloudProcess, refused: Refused) -> None:
    """AWS: the trust policy names one principal; another one is denied even with the external id."""
    stranger = cloud.worker_client(
        "sts", aws_access_key_id=STRANGER_KEY, aws_secret_access_key=STRANGER_SECRET
    )
    assert stranger.get_caller_identity()["Arn"].endswith("user/somebody-else")
    for sts in (stranger, cloud.client("sts")):
        with refused("AccessDenied", 403):
            sts.assume_role(**WISH)


def test_a_role_that_does_not_exist_is_denied(cloud: CloudProcess, refused: Refused) -> None:
    """AWS: AssumeRole does not tell a missing role from a forbidden one."""
    with refused("AccessDenied", 403):
        cloud.worker_client("sts").assume_role(**WISH | {"RoleArn": ROLE + "-not"})


@pytest.mark.parametrize("seconds", [3601, 43200])
def test_a_session_is_no_longer_than_the_roles_maximum(
    cloud: CloudProcess, refused: Refused, seconds: int
) -> None:
    """AWS: DurationSeconds is at most the role's MaxSessionDuration, an hour by default."""
    sts = cloud.worker_client("sts")
    for allowed in (900, 3600):
        assert sts.assume_role(**WISH, DurationSeconds=allowed)["Credentials"]
    with refused("ValidationError", 400):
        sts.assume_role(**WISH, DurationSeconds=seconds)


def test_a_session_policy_is_refused_rather_than_ignored(cloud: CloudProcess, refused: Refused) -> None:
    """AWS: a session policy narrows a role; the emulated cloud does not do that, so it says so."""
    with refused("NotImplemented", 501):
        cloud.worker_client("sts").assume_role(**WISH, Policy='{"Statement": []}')


def test_role_credentials_end(cloud: CloudProcess, refused: Refused) -> None:
    """AWS: temporary credentials stop working when their session ends."""
    cloud.settings(session_seconds=0)
    with refused("ExpiredToken", 400):
        cloud.client("s3").list_objects_v2(Bucket=DEV_BUCKET)
    with refused("ExpiredToken", 403):
        cloud.client("cloudfront").list_distributions()
    cloud.reset()
    assert cloud.client("s3").list_objects_v2(Bucket=DEV_BUCKET)["KeyCount"] == 0


def test_credentials_from_before_a_reset_are_unknown(cloud: CloudProcess, refused: Refused) -> None:
    old = cloud.client("s3")
    assert old.list_objects_v2(Bucket=DEV_BUCKET)["KeyCount"] == 0
    cloud.reset()
    with refused("InvalidAccessKeyId", 403):
        old.list_objects_v2(Bucket=DEV_BUCKET)


def test_a_read_role_only_reads(cloud: CloudProcess, refused: Refused) -> None:
    """AWS: a role can do what its policies allow; the console's read role may write nothing."""
    reader = cloud.client("s3", purpose="read")
    assert reader.list_objects_v2(Bucket=DEV_BUCKET)["KeyCount"] == 0
    with refused("AccessDenied", 403):
        reader.put_object(Bucket=DEV_BUCKET, Key="a", Body=b"a")
    cdn = cloud.client("cloudfront", purpose="read")
    assert cdn.get_distribution(Id="E1TIMCDEV00000")["ETag"]
    with refused("AccessDenied", 403):
        cdn.create_invalidation(
            DistributionId="E1TIMCDEV00000",
            InvalidationBatch={"CallerReference": "a", "Paths": {"Quantity": 1, "Items": ["/"]}},
        )


def test_a_dns_role_touches_no_bucket(cloud: CloudProcess, refused: Refused) -> None:
    assert cloud.client("route53", purpose="dns").list_hosted_zones()["HostedZones"]
    with refused("AccessDenied", 403):
        cloud.client("s3", purpose="dns").delete_object(Bucket=DEV_BUCKET, Key="a")
