"""Signatures, against botocore's signer."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from botocore.auth import SIGV4_TIMESTAMP, S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st

from aws.jobs import NO_BODY, SAFE
from aws.signing import Signer

NOW = datetime(2026, 11, 22, 18, 37, 5, tzinfo=UTC)
HOST = "bucket.s3.us-east-2.amazonaws.com"
KEYS = [
    ReadOnlyCredentials("AKIAEXAMPLE", "secret/with+signs=", None),
    ReadOnlyCredentials("ASIAEXAMPLE", "other", "token/with+signs=="),
]


def at_that_time(signer: type[Any]) -> type[Any]:
    """botocore's signer, with the time of the test."""

    class Signing(signer):  # type: ignore[misc]
        def _modify_request_before_signing(self, request: Any) -> None:
            request.context["timestamp"] = NOW.strftime(SIGV4_TIMESTAMP)
            super()._modify_request_before_signing(request)

    return Signing


keys = st.text(min_size=1, max_size=40).filter(lambda key: key.isprintable())
values = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
headers_given = st.dictionaries(
    st.sampled_from(["content-type", "cache-control", "if-match", "x-amz-copy-source"]), values
)


@pytest.mark.parametrize("credentials", KEYS)
@given(key=keys, headers=headers_given)
def test_a_header_signature_is_botocores(
    credentials: ReadOnlyCredentials, key: str, headers: Mapping[str, str]
) -> None:
    path = "/" + quote(key, safe=SAFE)
    request = AWSRequest(method="PUT", url=f"https://{HOST}{path}", headers=dict(headers))
    at_that_time(S3SigV4Auth)(credentials, "s3", "us-east-2").add_auth(request)
    ours = Signer(credentials, "us-east-2", NOW).in_header("PUT", HOST, path, headers, NO_BODY)
    assert ours["authorization"] == request.headers["Authorization"]
    assert ours.get("x-amz-security-token") == request.headers.get("X-Amz-Security-Token")


@pytest.mark.parametrize("credentials", KEYS)
@given(key=keys, headers=headers_given, seconds=st.integers(1, 60))
def test_a_query_signature_is_botocores(
    credentials: ReadOnlyCredentials, key: str, headers: Mapping[str, str], seconds: int
) -> None:
    path = "/" + quote(key, safe=SAFE)
    request = AWSRequest(method="DELETE", url=f"https://{HOST}{path}", headers=dict(headers))
    at_that_time(S3SigV4QueryAuth)(credentials, "s3", "us-east-2", expires=seconds).add_auth(request)
    query, _ = Signer(credentials, "us-east-2", NOW).in_query("DELETE", HOST, path, headers, seconds)
    theirs = str(request.url).partition("?")[2]
    assert sorted(query.split("&")) == sorted(theirs.split("&"))


def test_runs_of_spaces_count_as_one() -> None:
    signer = Signer(KEYS[0], "us-east-2", NOW)
    one, two = (
        signer.in_header("PUT", HOST, "/k", {"cache-control": value}, NO_BODY)["authorization"]
        for value in ("public, immutable", " public,  immutable ")
    )
    assert one == two
