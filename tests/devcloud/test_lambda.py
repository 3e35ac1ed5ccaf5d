"""Functions: lists, states, code, and everything that refuses a change."""

import base64
import hashlib
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.cloud import CloudProcess
from tests.devcloud.conftest import Refused
from tests.devcloud.lambdas import (
    CODE_BUCKET,
    NAME,
    SANDBOX,
    SOURCE_BUCKET,
    configuration,
    settled,
    update,
    zipped,
)


@pytest.fixture
def functions(cloud: CloudProcess) -> Any:
    cloud.settings(lambda_rate=0, update_seconds=0.05)
    return cloud.client("lambda", "sandbox")


def sha256(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def test_the_estates_functions_are_there(cloud: CloudProcess, functions: Any) -> None:
    listed = functions.get_paginator("list_functions").paginate().build_full_result()["Functions"]
    assert len(listed) == len({each["CodeSha256"] for each in listed}) == 311
    assert all(each["FunctionName"].startswith("tim-sb-") for each in listed)
    assert configuration(functions, Qualifier="live")["Version"] == "1"
    development = cloud.client("lambda", "development")
    own = development.get_paginator("list_functions").paginate().build_full_result()["Functions"]
    assert {each["FunctionName"][:8] for each in own} == {"tim-dev-"}
    assert not development.list_aliases(FunctionName=own[0]["FunctionName"])["Aliases"]


def test_a_list_has_pages_of_fifty_without_states(functions: Any) -> None:
    """AWS: ListFunctions gives at most 50 a page, with environment variables, without State and LastUpdateStatus."""
    first = functions.list_functions(MaxItems=1000)
    assert len(first["Functions"]) == 50
    assert first["Functions"][0]["Environment"]["Variables"]
    assert not {"State", "LastUpdateStatus"} & first["Functions"][0].keys()
    small = functions.list_functions(MaxItems=2, Marker=first["NextMarker"])
    assert len(small["Functions"]) == 2
    assert small["Functions"][0]["FunctionName"] > first["Functions"][-1]["FunctionName"]


def test_a_marker_must_come_from_a_listing(functions: Any, refused: Refused) -> None:
    """AWS: a Marker that is none and MaxItems above 10,000 are InvalidParameterValueException."""
    assert functions.list_functions(MaxItems=10_000)
    with refused("InvalidParameterValueException", 400):
        functions.list_functions(Marker="*")
    with refused("InvalidParameterValueException", 400):
        functions.list_functions(MaxItems=10_001)


def test_an_update_is_in_progress_at_first(cloud: CloudProcess, functions: Any, refused: Refused) -> None:
    """AWS: LastUpdateStatus is InProgress until the code is in place; until then every change is 409."""
    cloud.settings(update_seconds=0.4)
    code = zipped("new")
    answer = functions.update_function_code(FunctionName=NAME, ZipFile=code)
    assert (answer["LastUpdateStatus"], answer["CodeSha256"]) == ("InProgress", sha256(code))
    changes: list[Callable[[], object]] = [
        lambda: functions.update_function_code(FunctionName=NAME, ZipFile=code),
        lambda: functions.update_function_configuration(FunctionName=NAME, MemorySize=512),
        lambda: functions.publish_version(FunctionName=NAME),
    ]
    for change in changes:
        with refused("ResourceConflictException", 409):
            change()
    assert settled(functions)["LastUpdateStatus"] == "Successful"
    assert functions.publish_version(FunctionName=NAME)["CodeSha256"] == sha256(code)


def test_every_change_makes_a_new_revision(functions: Any, refused: Refused) -> None:
    """AWS: RevisionId changes with an update and once more when it ends; another one is 412."""
    before = configuration(functions)["RevisionId"]
    wish = {"FunctionName": NAME, "ZipFile": zipped("new")}
    during = functions.update_function_code(**wish, RevisionId=before)["RevisionId"]
    after = settled(functions)["RevisionId"]
    assert len({before, during, after}) == 3
    for old in (before, during):
        with refused("PreconditionFailedException", 412):
            functions.update_function_code(**wish, RevisionId=old)
        with refused("PreconditionFailedException", 412):
            functions.publish_version(FunctionName=NAME, RevisionId=old)
        with refused("PreconditionFailedException", 412):
            functions.update_function_configuration(FunctionName=NAME, Timeout=9, RevisionId=old)
    assert functions.publish_version(FunctionName=NAME, RevisionId=after)


def test_a_dry_run_changes_nothing(functions: Any, refused: Refused) -> None:
    """AWS: DryRun checks parameters and rights and leaves code and revision as they are."""
    before = configuration(functions)
    functions.update_function_code(FunctionName=NAME, ZipFile=zipped("new"), DryRun=True)
    assert configuration(functions) == before
    with refused("PreconditionFailedException", 412):
        functions.update_function_code(
            FunctionName=NAME, ZipFile=zipped("new"), DryRun=True, RevisionId="other"
        )


def test_a_configuration_changes_field_by_field(functions: Any, refused: Refused) -> None:
    """AWS: what is not named stays, and memory is 128 to 10,240 MB."""
    before = configuration(functions)
    variables = {"Variables": {"LOG_LEVEL": "debug"}}
    answer = functions.update_function_configuration(FunctionName=NAME, Environment=variables)
    assert answer["LastUpdateStatus"] == "InProgress"
    after = settled(functions)
    assert (after["Environment"], after["MemorySize"]) == (variables, before["MemorySize"])
    assert after["RevisionId"] != before["RevisionId"]
    with refused("InvalidParameterValueException", 400):
        functions.update_function_configuration(FunctionName=NAME, MemorySize=10_241)


def test_code_comes_from_the_version_that_is_named(cloud: CloudProcess, functions: Any) -> None:
    """AWS: S3ObjectVersion pins the object; without it the newest one is taken."""
    s3 = cloud.client("s3", "sandbox")
    old, new = zipped("old"), zipped("new")
    version = s3.put_object(Bucket=CODE_BUCKET, Key="a.zip", Body=old)["VersionId"]
    s3.put_object(Bucket=CODE_BUCKET, Key="a.zip", Body=new)
    where = {"FunctionName": NAME, "S3Bucket": CODE_BUCKET, "S3Key": "a.zip"}
    functions.update_function_code(**where, S3ObjectVersion=version)
    assert settled(functions)["CodeSha256"] == sha256(old)
    functions.update_function_code(**where, Architectures=["arm64"])
    found = settled(functions)
    assert (found["CodeSha256"], found["Architectures"]) == (sha256(new), ["arm64"])


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"S3Key": "missing"}, "NoSuchKey"),
        ({"S3Key": "a.zip", "S3ObjectVersion": "missing"}, "NoSuchVersion"),
        ({"S3Key": "a.zip", "S3Bucket": "never-made"}, "NoSuchBucket"),
    ],
)
def test_code_that_is_not_there(
    cloud: CloudProcess, functions: Any, refused: Refused, wish: dict[str, str], code: str
) -> None:
    """AWS: InvalidParameterValueException with S3's own code for an object that is not there."""
    cloud.client("s3", "sandbox").put_object(Bucket=CODE_BUCKET, Key="a.zip", Body=zipped("new"))
    where = {"FunctionName": NAME, "S3Bucket": CODE_BUCKET}
    with refused("InvalidParameterValueException", 400) as caught:
        functions.update_function_code(**{**where, **wish})
    assert f"Error occurred while GetObject. S3 Error Code: {code}." in str(caught.value)
    assert functions.update_function_code(**where, S3Key="a.zip")


def test_code_lies_in_the_functions_region(cloud: CloudProcess, functions: Any, refused: Refused) -> None:
    """AWS: the bucket must be in the function's Region."""
    elsewhere = cloud.client("s3", "sandbox", region="us-west-2")
    oregon = {"LocationConstraint": "us-west-2"}
    elsewhere.create_bucket(Bucket="far-away", CreateBucketConfiguration=oregon)
    elsewhere.put_object(Bucket="far-away", Key="a.zip", Body=zipped("new"))
    with refused("InvalidParameterValueException", 400) as caught:
        functions.update_function_code(FunctionName=NAME, S3Bucket="far-away", S3Key="a.zip")
    assert "PermanentRedirect" in str(caught.value)


def test_code_is_read_with_the_callers_rights(cloud: CloudProcess, functions: Any, refused: Refused) -> None:
    """AWS: a bucket of another account must allow the caller to read; Lambda itself has no rights of its own."""
    s3 = cloud.client("s3", "development")
    version = s3.put_object(Bucket=SOURCE_BUCKET, Key="a.zip", Body=zipped("new"))["VersionId"]
    where = {"FunctionName": NAME, "S3Bucket": SOURCE_BUCKET, "S3Key": "a.zip", "S3ObjectVersion": version}
    functions.update_function_code(**where)
    assert settled(functions)["CodeSha256"] == sha256(zipped("new"))
    s3.delete_bucket_policy(Bucket=SOURCE_BUCKET)
    with refused("AccessDeniedException", 403):
        functions.update_function_code(**where)


@pytest.mark.parametrize("body", [b"no zip", b""])
def test_a_broken_zip_ends_as_failed(functions: Any, body: bytes) -> None:
    """AWS: an update that fails says why, and the function keeps its code."""
    before = configuration(functions)
    functions.update_function_code(FunctionName=NAME, ZipFile=body)
    found = settled(functions)
    assert found["LastUpdateStatus"] == "Failed"
    assert found["LastUpdateStatusReasonCode"] == "InvalidZipFileException"
    assert found["CodeSha256"] == before["CodeSha256"]
    assert update(functions)["LastUpdateStatus"] == "Successful"


def test_a_source_of_code_must_be_named(functions: Any, refused: Refused) -> None:
    """AWS: either a zip or bucket and key."""
    with refused("InvalidParameterValueException", 400):
        functions.update_function_code(FunctionName=NAME, S3Bucket=CODE_BUCKET)


def test_an_update_fails_on_demand(cloud: CloudProcess, functions: Any) -> None:
    """AWS: LastUpdateStatus Failed carries a reason and its code, for instance of a key that may not be used."""
    wish = {"account": SANDBOX, "function": NAME, "reason_code": "KMSKeyAccessDenied", "count": 2}
    cloud.control("POST", "/lambda/fail", wish)
    for _ in range(2):
        found = update(functions)
        assert (found["LastUpdateStatus"], found["LastUpdateStatusReasonCode"]) == (
            "Failed",
            "KMSKeyAccessDenied",
        )
    assert "LastUpdateStatusReason" not in update(functions)


def test_the_code_can_be_fetched_for_ten_minutes(cloud: CloudProcess, functions: Any) -> None:
    """AWS: GetFunction answers with a link to the code that needs no signature, for ten minutes."""
    code = functions.get_function(FunctionName=NAME, Qualifier="1")["Code"]
    with urlopen(code["Location"], timeout=10) as answer:
        assert sha256(answer.read()) == configuration(functions)["CodeSha256"]
    cloud.settings(clock_offset=601)
    for address in (code["Location"], code["Location"].replace("expires=", "expires=9")):
        with pytest.raises(HTTPError) as caught:
            urlopen(address, timeout=10)
        with caught.value as error:
            assert error.code == 403


def test_a_function_that_is_not_there(functions: Any, cloud: CloudProcess, refused: Refused) -> None:
    """AWS: ResourceNotFoundException 404, also for another account's function and for an unknown qualifier."""
    with refused("ResourceNotFoundException", 404):
        cloud.client("lambda", "development").get_function(FunctionName=NAME)
    for qualifier in ("9", "nobody"):
        with refused("ResourceNotFoundException", 404):
            functions.get_function(FunctionName=NAME, Qualifier=qualifier)
    by_arn = configuration(functions, configuration(functions)["FunctionArn"])
    assert by_arn["FunctionName"] == NAME


def test_a_name_is_taken_once(functions: Any, refused: Refused) -> None:
    """AWS: CreateFunction of a name that exists is 409."""
    wish = {
        "Runtime": "nodejs20.x",
        "Role": f"arn:aws:iam::{SANDBOX}:role/handlers",
        "Handler": "index.handler",
    }
    code = {"ZipFile": zipped("mine")}
    made = functions.create_function(FunctionName="tim-sb-extra", Code=code, **wish)
    assert (made["State"], made["MemorySize"]) == ("Active", 128)
    with refused("ResourceConflictException", 409):
        functions.create_function(FunctionName="tim-sb-extra", Code=code, **wish)


def test_code_counts_against_the_accounts_storage(
    cloud: CloudProcess, functions: Any, refused: Refused
) -> None:
    """AWS: 75 GB for all versions in an account and Region; above it CodeStorageExceededException."""
    before = functions.get_account_settings()
    assert before["AccountLimit"]["TotalCodeSize"] == 80_530_636_800
    assert before["AccountUsage"]["FunctionCount"] == 311
    size = update(functions)["CodeSize"]
    functions.publish_version(FunctionName=NAME)
    used = functions.get_account_settings()["AccountUsage"]["TotalCodeSize"]
    old = configuration(functions, Qualifier="1")["CodeSize"]
    assert used == before["AccountUsage"]["TotalCodeSize"] + 2 * size - old
    cloud.settings(lambda_storage_bytes=used)
    with refused("CodeStorageExceededException", 400):
        functions.update_function_code(FunctionName=NAME, ZipFile=zipped("more"))


def test_a_role_that_reads_changes_nothing(cloud: CloudProcess, refused: Refused) -> None:
    """AWS: a role without the right is AccessDeniedException, as Lambda spells it."""
    reading = cloud.client("lambda", "sandbox", "read")
    assert reading.get_function(FunctionName=NAME)
    with refused("AccessDeniedException", 403):
        reading.update_function_code(FunctionName=NAME, ZipFile=zipped("new"))


def test_calls_share_fifteen_a_second(cloud: CloudProcess, refused: Refused) -> None:
    """AWS: control-plane calls of an account share 15 per second in a Region; above that 429 with Retry-After."""
    functions, other = cloud.client("lambda", "sandbox"), cloud.client("lambda", "development")
    error = None
    for _ in range(40):
        try:
            functions.get_alias(FunctionName=NAME, Name="live")
        except functions.exceptions.TooManyRequestsException as caught:
            error = caught.response
            break
    assert error is not None
    assert error["Error"]["Code"] == "TooManyRequestsException"
    assert (error["Reason"], error["retryAfterSeconds"]) == ("CallerRateLimitExceeded", "1")
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert other.list_functions(MaxItems=1)
    assert configuration(functions)
    time.sleep(0.2)
    assert functions.get_alias(FunctionName=NAME, Name="live")


def test_get_function_is_counted_apart(cloud: CloudProcess) -> None:
    """AWS: GetFunction has 100 per second of its own."""
    functions = cloud.client("lambda", "sandbox")
    for _ in range(60):
        functions.get_function(FunctionName=NAME)
    assert functions.get_alias(FunctionName=NAME, Name="live")


def test_the_source_may_be_read_by_who_deploys(cloud: CloudProcess, refused: Refused) -> None:
    """AWS: CopyObject is one call of one principal, whom the source bucket's policy must allow, versions too."""
    source = cloud.client("s3", "development")
    version = source.put_object(Bucket=SOURCE_BUCKET, Key="a.zip", Body=b"old")["VersionId"]
    source.put_object(Bucket=SOURCE_BUCKET, Key="a.zip", Body=b"new")
    pinned = {"Bucket": SOURCE_BUCKET, "Key": "a.zip", "VersionId": version}
    sandbox, media = cloud.client("s3", "sandbox"), cloud.client("s3", "media")
    answer = sandbox.copy_object(Bucket=CODE_BUCKET, Key="a.zip", CopySource=pinned)
    assert answer["CopySourceVersionId"] == version
    assert sandbox.get_object(Bucket=CODE_BUCKET, Key="a.zip")["Body"].read() == b"old"
    assert len(sandbox.list_object_versions(Bucket=SOURCE_BUCKET)["Versions"]) == 2
    with refused("AccessDenied", 403):
        media.copy_object(Bucket="tim-releases-855652006097", Key="a.zip", CopySource=pinned)
    with refused("AccessDenied", 403):
        sandbox.put_object(Bucket=SOURCE_BUCKET, Key="b.zip", Body=b"")
    policy = json.loads(source.get_bucket_policy(Bucket=SOURCE_BUCKET)["Policy"])
    assert f"arn:aws:iam::{SANDBOX}:role/deploy-console-deploy" in policy["Statement"][0]["Principal"]["AWS"]
