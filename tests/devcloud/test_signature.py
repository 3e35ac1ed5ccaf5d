"""Signatures are really verified: key, secret, token, clock, expiry, body."""

import base64
import hashlib
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from devcloud.identity import WORKER_KEY
from tests.cloud import CloudProcess
from tests.devcloud.conftest import DEV_BUCKET, Refused


def send(request: AWSRequest, body: bytes | None = None) -> tuple[int, str]:
    prepared = request.prepare()
    headers = {name: value for name, value in prepared.headers.items() if name != "Content-Length"}
    wire = Request(prepared.url, data=body, headers=headers, method=prepared.method)
    try:
        with urlopen(wire, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.fixture
def credentials(cloud: CloudProcess) -> Credentials:
    signer = cloud.client("s3")._request_signer._credentials
    return Credentials(signer.access_key, signer.secret_key, signer.token)


@pytest.fixture
def address(cloud: CloudProcess) -> str:
    return f"{cloud.endpoint}/{DEV_BUCKET}/a%20b/%C3%BC.js"


def query_signed(credentials: Credentials, address: str, seconds: int, body: bytes = b"") -> AWSRequest:
    request = AWSRequest("PUT", address, data=body)
    S3SigV4QueryAuth(credentials, "s3", "us-east-2", expires=seconds).add_auth(request)
    return request


def test_a_query_signature_writes(credentials: Credentials, address: str, s3: Any) -> None:
    assert send(query_signed(credentials, address, 60), b"body")[0] == 200
    assert s3.get_object(Bucket=DEV_BUCKET, Key="a b/ü.js")["Body"].read() == b"body"


def test_a_query_signature_expires(credentials: Credentials, address: str, cloud: CloudProcess) -> None:
    """AWS: after X-Amz-Expires seconds S3 answers 403 AccessDenied, Request has expired."""
    request = query_signed(credentials, address, 60)
    assert send(request, b"in time")[0] == 200
    cloud.settings(clock_offset=61)
    status, text = send(request, b"late")
    assert status == 403
    assert "<Code>AccessDenied</Code>" in text
    assert "Request has expired" in text


@pytest.mark.parametrize("seconds", [0, 604_801])
def test_a_query_signature_lives_a_second_to_a_week(
    credentials: Credentials, address: str, seconds: int
) -> None:
    """AWS: X-Amz-Expires outside 1 to 604,800 is refused."""
    assert send(query_signed(credentials, address, 604_800), b"")[0] == 200
    status, text = send(query_signed(credentials, address, seconds), b"")
    assert status == 400
    assert "AuthorizationQueryParametersError" in text


def test_a_changed_query_does_not_match(credentials: Credentials, address: str) -> None:
    """AWS: the signature covers method, path, query and signed headers."""
    request = query_signed(credentials, address, 60)
    request.url = str(request.url).replace("%C3%BC", "other")
    status, text = send(request, b"")
    assert (status, "SignatureDoesNotMatch" in text) == (403, True)


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_skewed_clock_is_refused(cloud: CloudProcess, refused: Refused, minutes: int) -> None:
    """AWS: a header signature more than 15 minutes off is 403 RequestTimeTooSkewed."""
    s3 = cloud.client("s3")
    assert s3.list_objects_v2(Bucket=DEV_BUCKET)["KeyCount"] == 0
    cloud.settings(clock_offset=14 * 60)
    assert s3.list_objects_v2(Bucket=DEV_BUCKET)["KeyCount"] == 0
    cloud.settings(clock_offset=minutes * 60)
    with refused("RequestTimeTooSkewed", 403):
        s3.list_objects_v2(Bucket=DEV_BUCKET)


def test_a_wrong_secret_does_not_match(cloud: CloudProcess, refused: Refused) -> None:
    for service, call in (
        ("s3", "list_buckets"),
        ("sts", "get_caller_identity"),
        ("cloudfront", "list_distributions"),
    ):
        client = cloud.worker_client(service, aws_secret_access_key="wrong")
        with refused("SignatureDoesNotMatch", 403):
            getattr(client, call)()


def test_an_unknown_key_is_named_as_the_service_names_it(cloud: CloudProcess, refused: Refused) -> None:
    """AWS: S3 says InvalidAccessKeyId, query and REST services InvalidClientTokenId, JSON ones UnrecognizedClient."""
    keys = {"aws_access_key_id": "AKIAUNKNOWN000000000"}
    with refused("InvalidAccessKeyId", 403):
        cloud.worker_client("s3", **keys).list_buckets()
    with refused("InvalidClientTokenId", 403):
        cloud.worker_client("sts", **keys).get_caller_identity()
    with refused("UnrecognizedClientException", 403):
        cloud.worker_client("lambda", **keys).list_functions()


def test_role_keys_need_their_own_token(cloud: CloudProcess, refused: Refused) -> None:
    """AWS: temporary keys without a token are unknown, with another token the token is invalid."""
    with refused("InvalidAccessKeyId", 403):
        cloud.client("s3", aws_session_token=None).list_buckets()
    with refused("InvalidToken", 400):
        cloud.client("s3", aws_session_token="another").list_buckets()
    with refused("InvalidToken", 400):
        cloud.worker_client("s3", aws_session_token="none was given").list_buckets()


def test_the_body_must_be_the_signed_one(credentials: Credentials, address: str) -> None:
    """AWS: x-amz-content-sha256 must be the SHA-256 of the body that arrives."""
    for signed, status in ((b"the body", 200), (b"another", 400)):
        request = AWSRequest("PUT", address, data=signed)
        request.headers["X-Amz-Content-SHA256"] = hashlib.sha256(signed).hexdigest()
        S3SigV4Auth(credentials, "s3", "us-east-2").add_auth(request)
        answered, text = send(request, b"the body")
        assert answered == status
        assert ("XAmzContentSHA256Mismatch" in text) == (status == 400)


@pytest.mark.parametrize(("summed", "status"), [(b"the body", 200), (b"another", 400)])
def test_a_checksum_can_come_behind_the_body(
    credentials: Credentials, address: str, summed: bytes, status: int
) -> None:
    """AWS: with aws-chunked the checksum is a trailer, verified like a header."""
    crc32 = base64.b64encode(zlib.crc32(summed).to_bytes(4, "big")).decode()
    body = f"8\r\nthe body\r\n0\r\nx-amz-checksum-crc32:{crc32}\r\n\r\n".encode()
    request = AWSRequest("PUT", address)
    request.context["checksum"] = {"request_algorithm": {"in": "trailer"}}
    request.headers["X-Amz-Decoded-Content-Length"] = "8"
    request.headers["X-Amz-Trailer"] = "x-amz-checksum-crc32"
    request.headers["Content-Encoding"] = "aws-chunked"
    S3SigV4Auth(credentials, "s3", "us-east-2").add_auth(request)
    answered, text = send(request, body)
    assert answered == status
    assert ("BadDigest" in text) == (status == 400)


def test_nobody_reads_without_a_signature(address: str, cloud: CloudProcess) -> None:
    assert send(AWSRequest("GET", address))[0] == 403
    assert send(AWSRequest("GET", cloud.endpoint + "/2020-05-31/distribution"))[0] == 403
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert send(AWSRequest("POST", cloud.endpoint, headers=form), b"Action=GetCallerIdentity")[0] == 403


def test_a_malformed_header_is_a_400(address: str) -> None:
    wrong = {"Authorization": f"AWS4-HMAC-SHA256 Credential={WORKER_KEY}, nonsense"}
    status, text = send(AWSRequest("GET", address, headers=wrong))
    assert (status, "AuthorizationHeaderMalformed" in text) == (400, True)


def test_a_request_is_signed_for_the_buckets_region(credentials: Credentials, address: str) -> None:
    """AWS: a bucket answers only requests signed for its own Region."""
    for region, status in (("us-east-2", 200), ("us-west-2", 400)):
        request = AWSRequest("PUT", address)
        S3SigV4QueryAuth(credentials, "s3", region, expires=60).add_auth(request)
        answered, text = send(request)
        assert answered == status
        assert ("expecting 'us-east-2'" in text) == (status == 400)


def test_the_clock_of_the_cloud_is_shown(cloud: CloudProcess, s3: Any) -> None:
    cloud.settings(clock_offset=600)
    s3.put_object(Bucket=DEV_BUCKET, Key="a", Body=b"")
    modified = s3.head_object(Bucket=DEV_BUCKET, Key="a")["LastModified"]
    assert modified - datetime.now(UTC) > timedelta(seconds=590)
