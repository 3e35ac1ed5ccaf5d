"""Roles and their policies: what AWS refuses, when changes hold, and what a role may then do."""

import json
import time
from typing import Any

import pytest

from tests.cloud import CloudProcess
from tests.devcloud.conftest import DEV_BUCKET, MEDIA, Refused

NAME = "shop-reader"
BOUNDARY = f"arn:aws:iam::{MEDIA}:policy/deploy-console-boundary"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111111111111:user/deploy-console-worker"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def allowing(*actions: str, resource: str = "*", **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def iam(cloud: CloudProcess) -> Any:
    cloud.settings(iam_seconds=0)
    found = cloud.client("iam", "media", "owner", region="us-east-1")
    found.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(TRUST))
    return found


def as_role(cloud: CloudProcess, service: str, name: str = NAME) -> Any:
    """A client of the role, which is taken anew."""
    arn = f"arn:aws:iam::{MEDIA}:role/{name}"
    given = cloud.worker_client("sts").assume_role(RoleArn=arn, RoleSessionName="tests")["Credentials"]
    keys = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
    return cloud.worker_client(service, **keys)


def test_a_role_tells_who_may_take_it_and_its_limits(cloud: CloudProcess, iam: Any, refused: Refused) -> None:
    iam.tag_role(RoleName=NAME, Tags=[{"Key": "managed-by", "Value": "me"}, {"Key": "team", "Value": "web"}])
    iam.untag_role(RoleName=NAME, TagKeys=["team"])
    iam.put_role_permissions_boundary(RoleName=NAME, PermissionsBoundary=BOUNDARY)
    role = iam.get_role(RoleName=NAME)["Role"]
    assert role["AssumeRolePolicyDocument"] == TRUST
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
    assert role["Tags"] == [{"Key": "managed-by", "Value": "me"}]
    with refused("EntityAlreadyExists", 409):
        iam.create_role(RoleName=NAME.upper(), AssumeRolePolicyDocument=json.dumps(TRUST))
    with refused("NoSuchEntity", 404):
        iam.put_role_permissions_boundary(RoleName=NAME, PermissionsBoundary=BOUNDARY + "-not")
    with refused("NoSuchEntity", 404):
        cloud.client("iam", "sandbox", "owner").get_role(RoleName=NAME)


def test_inline_policies_have_names_and_a_common_limit(iam: Any, refused: Refused) -> None:
    """AWS: 10,240 characters in all, blanks not counted."""
    iam.put_role_policy(RoleName=NAME, PolicyName="one", PolicyDocument=allowing("s3:GetObject"))
    assert iam.list_role_policies(RoleName=NAME)["PolicyNames"] == ["one"]
    told = iam.get_role_policy(RoleName=NAME, PolicyName="one")["PolicyDocument"]
    assert told["Statement"][0]["Action"] == ["s3:GetObject"]
    long = allowing(*(f"s3:Get{number:06}" for number in range(700)))
    with refused("LimitExceeded", 409):
        iam.put_role_policy(RoleName=NAME, PolicyName="two", PolicyDocument=long)
    with refused("MalformedPolicyDocument", 400):
        iam.put_role_policy(RoleName=NAME, PolicyName="two", PolicyDocument="{}")
    with refused("DeleteConflict", 409):
        iam.delete_role(RoleName=NAME)
    iam.delete_role_policy(RoleName=NAME, PolicyName="one")
    with refused("NoSuchEntity", 404):
        iam.get_role_policy(RoleName=NAME, PolicyName="one")
    iam.delete_role(RoleName=NAME)


def test_a_role_does_what_its_policies_allow_and_nothing_else(
    cloud: CloudProcess, iam: Any, refused: Refused
) -> None:
    text = allowing("s3:ListBucket", resource=f"arn:aws:s3:::{DEV_BUCKET}")
    iam.put_role_policy(RoleName=NAME, PolicyName="one", PolicyDocument=text)
    s3 = as_role(cloud, "s3")
    assert s3.list_objects_v2(Bucket=DEV_BUCKET)["KeyCount"] == 0
    with refused("AccessDenied", 403):
        s3.list_objects_v2(Bucket="tim-app-test-855652006097")
    with refused("AccessDenied", 403):
        s3.put_object(Bucket=DEV_BUCKET, Key="a", Body=b"a")


def test_a_copy_needs_both_ends(cloud: CloudProcess, iam: Any, refused: Refused) -> None:
    cloud.client("s3").put_object(Bucket=DEV_BUCKET, Key="a", Body=b"a")
    target = "tim-app-test-855652006097"
    iam.put_role_policy(
        RoleName=NAME,
        PolicyName="one",
        PolicyDocument=allowing("s3:PutObject", resource=f"arn:aws:s3:::{target}/*"),
    )
    s3, source = as_role(cloud, "s3"), {"Bucket": DEV_BUCKET, "Key": "a"}
    with refused("AccessDenied", 403):
        s3.copy_object(Bucket=target, Key="a", CopySource=source)
    text = allowing("s3:GetObject", resource=f"arn:aws:s3:::{DEV_BUCKET}/*")
    iam.put_role_policy(RoleName=NAME, PolicyName="two", PolicyDocument=text)
    assert s3.copy_object(Bucket=target, Key="a", CopySource=source)["CopyObjectResult"]


def test_no_policy_goes_beyond_the_boundary(cloud: CloudProcess, iam: Any, refused: Refused) -> None:
    iam.attach_role_policy(RoleName=NAME, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.put_role_permissions_boundary(RoleName=NAME, PermissionsBoundary=BOUNDARY)
    assert as_role(cloud, "s3").list_objects_v2(Bucket=DEV_BUCKET)["KeyCount"] == 0
    with refused("AccessDenied", 403):
        as_role(cloud, "iam").get_role(RoleName=NAME)
    iam.delete_policy(PolicyArn=BOUNDARY)
    with refused("AccessDenied", 403):
        as_role(cloud, "s3").list_objects_v2(Bucket=DEV_BUCKET)


def test_a_right_can_depend_on_the_boundary(cloud: CloudProcess, iam: Any, refused: Refused) -> None:
    condition = {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}}
    text = allowing("iam:CreateRole", "iam:PutRolePolicy", Condition=condition)
    iam.put_role_policy(RoleName=NAME, PolicyName="one", PolicyDocument=text)
    keeper, trust = as_role(cloud, "iam"), json.dumps(TRUST)
    with refused("AccessDenied", 403):
        keeper.create_role(RoleName="free", AssumeRolePolicyDocument=trust)
    keeper.create_role(RoleName="bound", AssumeRolePolicyDocument=trust, PermissionsBoundary=BOUNDARY)
    more = {"PolicyName": "one", "PolicyDocument": allowing("s3:*")}
    keeper.put_role_policy(RoleName="bound", **more)
    with refused("AccessDenied", 403):
        keeper.put_role_policy(RoleName=NAME, **more)


def test_records_of_other_names_and_types_are_out_of_reach(
    cloud: CloudProcess, iam: Any, refused: Refused
) -> None:
    key = "route53:ChangeResourceRecordSets"
    condition = {
        "ForAllValues:StringLike": {f"{key}NormalizedRecordNames": ["*.tim-combo.com"]},
        "ForAllValues:StringEquals": {f"{key}RecordTypes": ["A", "CNAME"]},
    }
    iam.put_role_policy(RoleName=NAME, PolicyName="one", PolicyDocument=allowing(key, Condition=condition))
    r53 = as_role(cloud, "route53")

    def put(name: str, kind: str, value: str) -> None:
        record = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}
        batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
        r53.change_resource_record_sets(HostedZoneId="Z0TIMCOMBO0000000000", ChangeBatch=batch)

    put("New.tim-combo.com.", "A", "192.0.2.1")
    for name, kind, value in (
        ("tim-combo.com", "A", "192.0.2.1"),
        ("new.tim-combo.com", "TXT", '"x"'),
        ("mail.tim-combo.com", "MX", "10 mail.example."),
    ):
        with refused("AccessDenied", 403):
            put(name, kind, value)


def test_alarms_are_resources_and_metrics_are_not(cloud: CloudProcess, iam: Any, refused: Refused) -> None:
    """AWS: GetMetricData and ListMetrics are allowed for all metrics or not at all; alarms one by one,
    but composite ones."""
    mine = "arn:aws:cloudwatch:us-east-2:855652006097:alarm:shop-*"
    reading = ("cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmHistory", "cloudwatch:SetAlarmState")
    text = allowing("cloudwatch:ListMetrics", *reading, resource=mine)
    iam.put_role_policy(RoleName=NAME, PolicyName="one", PolicyDocument=text)
    watch = as_role(cloud, "cloudwatch")
    assert watch.describe_alarms(AlarmNames=["shop-errors"])["MetricAlarms"] == []
    assert watch.describe_alarm_history(AlarmName="shop-errors")["AlarmHistoryItems"] == []
    state = {"StateValue": "OK", "StateReason": "A test"}
    with refused("ResourceNotFound", 404):
        watch.set_alarm_state(AlarmName="shop-errors", **state)
    for operation, wish in (
        (watch.describe_alarms, {}),
        (watch.describe_alarms, {"AlarmNames": ["shop-errors", "other"]}),
        (watch.describe_alarms, {"AlarmNames": ["shop-errors"], "AlarmTypes": ["CompositeAlarm"]}),
        (watch.describe_alarm_history, {}),
        (watch.describe_alarm_history, {"AlarmName": "shop-errors", "AlarmTypes": ["CompositeAlarm"]}),
        (watch.set_alarm_state, {"AlarmName": "other", **state}),
        (watch.list_metrics, {}),
    ):
        with refused("AccessDenied", 403):
            operation(**wish)
    iam.put_role_policy(
        RoleName=NAME, PolicyName="one", PolicyDocument=allowing("cloudwatch:ListMetrics", *reading)
    )
    assert watch.list_metrics(Namespace="Own")["Metrics"] == []
    assert watch.describe_alarms()["MetricAlarms"] == []


def test_what_is_changed_holds_some_time_later(cloud: CloudProcess, iam: Any, refused: Refused) -> None:
    """AWS: IAM is eventually consistent, for new roles and for what is taken away, too."""
    cloud.settings(iam_seconds=0.5)
    iam.create_role(RoleName="late", AssumeRolePolicyDocument=json.dumps(TRUST))
    with refused("AccessDenied", 403):
        as_role(cloud, "s3", "late")
    cloud.settings(iam_seconds=0)
    iam.put_role_policy(RoleName=NAME, PolicyName="one", PolicyDocument=allowing("s3:*"))
    cloud.settings(iam_seconds=0.5)
    iam.delete_role_policy(RoleName=NAME, PolicyName="one")
    s3 = as_role(cloud, "s3")
    assert s3.list_objects_v2(Bucket=DEV_BUCKET)["KeyCount"] == 0
    time.sleep(0.6)
    with refused("AccessDenied", 403):
        s3.list_objects_v2(Bucket=DEV_BUCKET)
    assert as_role(cloud, "sts", "late").get_caller_identity()["Arn"].endswith("/late/tests")


def test_a_name_of_who_works_needs_a_right_of_its_own(
    cloud: CloudProcess, iam: Any, refused: Refused
) -> None:
    """AWS: SetSourceIdentity is an action of the trust policy."""
    wish = {"RoleArn": f"arn:aws:iam::{MEDIA}:role/{NAME}", "RoleSessionName": "tests"}
    sts = cloud.worker_client("sts")
    with refused("AccessDenied", 403):
        sts.assume_role(**wish, SourceIdentity="somebody")
    assert sts.assume_role(**wish)["Credentials"]


def test_a_deny_in_one_policy_beats_what_another_allows(
    cloud: CloudProcess, iam: Any, refused: Refused
) -> None:
    deny = {"Statement": {"Effect": "Deny", "Action": "s3:ListBucket", "Resource": "*"}}
    iam.attach_role_policy(RoleName=NAME, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.put_role_policy(RoleName=NAME, PolicyName="no", PolicyDocument=json.dumps(deny))
    with refused("AccessDenied", 403):
        as_role(cloud, "s3").list_objects_v2(Bucket=DEV_BUCKET)


def test_a_policy_that_is_attached_is_not_deleted(iam: Any, refused: Refused) -> None:
    arn = iam.create_policy(PolicyName="mine", PolicyDocument=allowing("s3:*"))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=NAME, PolicyArn=arn)
    with refused("DeleteConflict", 409):
        iam.delete_policy(PolicyArn=arn)
    iam.detach_role_policy(RoleName=NAME, PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)
    with refused("NoSuchEntity", 404):
        iam.get_policy(PolicyArn=arn)


def test_managed_policies_have_a_limit(iam: Any, refused: Refused) -> None:
    """AWS: 6,144 characters, blanks not counted."""
    with refused("LimitExceeded", 409):
        iam.create_policy(PolicyName="mine", PolicyDocument=allowing(*(f"s3:Get{n:06}" for n in range(420))))


def test_a_copy_by_a_role_that_may_not_fails_and_says_so(cloud: CloudProcess, iam: Any) -> None:
    """AWS: each version tells how its copying went."""
    here = cloud.client("s3", "media", "owner")
    target = "tim-app-test-855652006097"
    trust = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.update_assume_role_policy(RoleName=NAME, PolicyDocument=json.dumps({"Statement": [trust]}))
    rule = {
        "ID": "one",
        "Priority": 1,
        "Filter": {"Prefix": "kept/"},
        "Status": "Enabled",
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{target}"},
    }
    config = {"Role": f"arn:aws:iam::{MEDIA}:role/{NAME}", "Rules": [rule]}
    here.put_bucket_replication(Bucket=DEV_BUCKET, ReplicationConfiguration=config)

    def status(key: str) -> str | None:
        here.put_object(Bucket=DEV_BUCKET, Key=key, Body=b"a")
        found = here.head_object(Bucket=DEV_BUCKET, Key=key).get("ReplicationStatus")
        return found if found is None else str(found)

    assert (status("kept/a"), status("other")) == ("FAILED", None)
    actions = ("s3:GetReplicationConfiguration", "s3:GetObjectVersionForReplication", "s3:ReplicateObject")
    iam.put_role_policy(RoleName=NAME, PolicyName="one", PolicyDocument=allowing(*actions))
    assert status("kept/b") == "COMPLETED"
    assert [one["Key"] for one in here.list_objects_v2(Bucket=target)["Contents"]] == ["kept/b"]
