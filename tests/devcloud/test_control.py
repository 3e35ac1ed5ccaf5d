"""The control address: faults, the record of calls, settings, reset; and the process itself."""

import signal
import subprocess
import sys
import time
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ConnectionClosedError

from tests.cloud import ESTATE, ROOT, CloudProcess
from tests.devcloud.conftest import DEV_BUCKET, MEDIA, Refused


def put(s3: Any, key: str = "a.js") -> Any:
    return s3.put_object(Bucket=DEV_BUCKET, Key=key, Body=b"one")


def keys(s3: Any) -> list[str]:
    return [each["Key"] for each in s3.list_objects_v2(Bucket=DEV_BUCKET).get("Contents", [])]


def test_an_error_strikes_as_often_as_told(cloud: CloudProcess, s3: Any, refused: Refused) -> None:
    cloud.faults("s3", "PutObject", "error", status=503, code="SlowDown", count=2)
    for _ in range(2):
        with refused("SlowDown", 503):
            put(s3)
        assert keys(s3) == []
    assert put(s3)


def test_an_error_can_wait_its_turn(cloud: CloudProcess, s3: Any, refused: Refused) -> None:
    cloud.faults("s3", "PutObject", "error", status=500, skip=1, count=1)
    assert put(s3, "first")
    with refused("InternalError", 500):
        put(s3, "second")
    assert put(s3, "third")


def test_a_fault_strikes_one_account_and_one_resource(cloud: CloudProcess, s3: Any, refused: Refused) -> None:
    cloud.faults("s3", "*", "error", status=403, account="532595801838")
    cloud.faults("s3", "PutObject", "error", status=409, resource="index.html")
    assert put(s3)
    with refused("ConditionalRequestConflict", 409):
        put(s3, "index.html")
    with refused("AccessDenied", 403):
        cloud.client("s3", "development").list_buckets()


def test_a_rate_strikes_some(cloud: CloudProcess, s3: Any) -> None:
    cloud.faults("s3", "ListBuckets", "error", status=503, rate=0.5)
    since = cloud.next_call()
    for _ in range(60):
        try:
            s3.list_buckets()
        except s3.exceptions.ClientError:
            continue
    failed = [call for call in cloud.calls(since) if call["status"] == 503]
    assert 10 <= len(failed) <= 50


def test_a_copy_can_fail_with_status_200(cloud: CloudProcess, s3: Any, refused: Refused) -> None:
    """AWS: CopyObject may answer 200 and carry the error in its body."""
    put(s3)
    cloud.faults("s3", "CopyObject", "error", status=200, code="InternalError", count=1)
    source = {"Bucket": DEV_BUCKET, "Key": "a.js"}
    with refused("InternalError", 500):
        s3.copy_object(Bucket=DEV_BUCKET, Key="b.js", CopySource=source)
    assert keys(s3) == ["a.js"]


def test_a_lost_reply_was_a_call(cloud: CloudProcess, s3: Any) -> None:
    """The call is carried out; the answer does not arrive."""
    since = cloud.next_call()
    cloud.faults("s3", "PutObject", "lost_reply", count=1)
    with pytest.raises(ConnectionClosedError):
        put(s3)
    assert keys(s3) == ["a.js"]
    call = cloud.calls(since, operation="PutObject")[0]
    assert (call["status"], call["lost"]) == (200, True)


def test_credentials_can_expire_in_the_middle(cloud: CloudProcess, s3: Any, refused: Refused) -> None:
    """AWS: S3 says ExpiredToken with 400, other services with 403."""
    cloud.faults("*", "*", "expired", count=2)
    with refused("ExpiredToken", 400):
        put(s3)
    with refused("ExpiredToken", 403):
        cloud.client("cloudfront").list_distributions()
    assert put(s3)


def test_latency(cloud: CloudProcess, s3: Any) -> None:
    cloud.faults("s3", "PutObject", "latency", ms=150, count=1)
    begin = time.monotonic()
    put(s3)
    assert time.monotonic() - begin >= 0.15


def test_a_request_that_travels_too_long_has_expired(cloud: CloudProcess, s3: Any) -> None:
    """AWS: what counts is when the request arrives, not when it was signed."""
    address = s3.generate_presigned_url("put_object", {"Bucket": DEV_BUCKET, "Key": "late"}, ExpiresIn=1)
    cloud.faults("s3", "PutObject", "latency", ms=2100, count=1)
    with pytest.raises(HTTPError) as caught:
        urlopen(Request(address, data=b"late", method="PUT", headers={"Content-Type": ""}), timeout=10)
    with caught.value as error:
        assert error.code == 403
        assert b"Request has expired" in error.read()
    assert keys(s3) == []


def test_throttling_of_each_service(cloud: CloudProcess, refused: Refused) -> None:
    cloud.faults(
        "cloudfront", "CreateInvalidation", "error", status=400, code="TooManyInvalidationsInProgress"
    )
    cloud.faults("lambda", "*", "error", status=429)
    cloud.faults("sts", "GetCallerIdentity", "error", status=400, code="Throttling")
    batch = {"CallerReference": "a", "Paths": {"Quantity": 1, "Items": ["/"]}}
    with refused("TooManyInvalidationsInProgress", 400):
        cloud.client("cloudfront").create_invalidation(
            DistributionId="E1TIMCDEV00000", InvalidationBatch=batch
        )
    with refused("TooManyRequestsException", 429):
        cloud.client("lambda").list_functions()
    with refused("Throttling", 400):
        cloud.client("sts").get_caller_identity()


def test_faults_are_listed_and_removed(cloud: CloudProcess, s3: Any) -> None:
    first = cloud.faults("s3", "PutObject", "error", status=500)
    second = cloud.faults("s3", "PutObject", "error", status=500)
    assert [each["id"] for each in cloud.control("GET", "/faults")["faults"]] == [first, second]
    cloud.clear_faults(first)
    cloud.clear_faults()
    assert cloud.control("GET", "/faults")["faults"] == []
    assert put(s3)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/faults", {"kind": "nonsense"}),
        ("/faults", {"kind": "error", "odd": 1}),
        ("/settings", {"odd": 1}),
        ("/faults", []),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(cloud: CloudProcess, path: str, body: Any) -> None:
    with pytest.raises(HTTPError) as caught:
        cloud.control("POST", path, body)
    with caught.value as error:
        assert error.code == 400


def test_every_call_is_on_record(cloud: CloudProcess, s3: Any, refused: Refused) -> None:
    since = cloud.next_call()
    request_id = put(s3, "a b.js")["ResponseMetadata"]["RequestId"]
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=DEV_BUCKET, Key="missing")
    written, missed = cloud.calls(since, service="s3")
    assert (written["account"], written["operation"], written["status"]) == (MEDIA, "PutObject", 200)
    assert (written["resource"], written["request_id"]) == (f"{DEV_BUCKET}/a b.js", request_id)
    assert written["principal"] == f"arn:aws:sts::{MEDIA}:assumed-role/deploy-console-deploy/tests"
    assert (missed["operation"], missed["status"], missed["code"]) == ("GetObject", 404, "NoSuchKey")
    assert written["seq"] < missed["seq"]


def test_a_reset_may_leave_handlers_out(cloud: CloudProcess) -> None:
    cloud.reset(handlers=3)
    assert len(cloud.client("lambda", "sandbox").list_functions()["Functions"]) == 3
    cloud.reset()
    assert len(cloud.client("lambda", "sandbox").list_functions()["Functions"]) == 50


@pytest.mark.alone
def test_a_reset_is_a_fresh_seed(cloud: CloudProcess, s3: Any, cdn: Any) -> None:
    put(s3)
    cloud.client("lambda").list_functions()
    cloud.client("route53", purpose="dns").create_hosted_zone(Name="example.com", CallerReference="a")
    cloud.faults("s3", "*", "error", status=500)
    cloud.settings(deploy_seconds=9)
    before = cloud.next_call()
    begin = time.monotonic()
    cloud.reset()
    assert time.monotonic() - begin < 0.3
    assert keys(cloud.client("s3")) == []
    zones = cloud.client("route53").list_hosted_zones()["HostedZones"]
    assert [zone["Name"] for zone in zones] == ["tim-combo.com.", "flux-systems.info."]
    assert cloud.control("GET", "/settings")["deploy_seconds"] == 1.5
    assert cloud.next_call() > before
    assert all(call["seq"] >= before for call in cloud.calls())


@pytest.mark.alone
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_comes_and_goes_quickly(number: signal.Signals) -> None:
    process = CloudProcess()
    begin = time.monotonic()
    process.process.send_signal(number)
    assert process.process.wait(timeout=5) == 0
    assert time.monotonic() - begin < 2
    process.close()


def test_a_taken_port_is_named(cloud: CloudProcess) -> None:
    port = cloud.endpoint.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "devcloud", "--estate", str(ESTATE), "--port", port]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 1
    assert "Address already in use" in ended.stderr
    assert port in ended.stderr
