"""Signature Version 4 for S3, by botocore's signer: in a header, or in the query with an end.

AWS: a signature in a header is good for 15 minutes. One in the query ends after X-Amz-Expires seconds, and S3
refuses the request from then on; that is what makes a late write impossible.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.auth import SIGV4_TIMESTAMP, S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials


class _InHeader(S3SigV4Auth):
    """botocore's signer with a given time, and with the body's hash known beforehand."""

    def __init__(self, credentials: ReadOnlyCredentials, region: str, now: datetime, sha256: str) -> None:
        super().__init__(credentials, "s3", region)
        self._now, self._sha256 = now, sha256

    def payload(self, request: Any) -> str:
        return self._sha256

    def _modify_request_before_signing(self, request: Any) -> None:
        request.context["timestamp"] = self._now.strftime(SIGV4_TIMESTAMP)
        super()._modify_request_before_signing(request)  # type: ignore[misc]


class _InQuery(S3SigV4QueryAuth):
    """botocore's signer with a given time."""

    def __init__(self, credentials: ReadOnlyCredentials, region: str, now: datetime, seconds: int) -> None:
        super().__init__(credentials, "s3", region, expires=seconds)
        self._now = now

    def _modify_request_before_signing(self, request: Any) -> None:
        request.context["timestamp"] = self._now.strftime(SIGV4_TIMESTAMP)
        super()._modify_request_before_signing(request)  # type: ignore[misc]


def sign(
    method: str,
    url: str,
    headers: Mapping[str, str],
    *,
    credentials: ReadOnlyCredentials,
    region: str,
    now: datetime,
    sha256: str,
    seconds: int | None = None,
) -> tuple[str, dict[str, str]]:
    """The URL and headers to send. `url` is already quoted; `now` is AWS's time, UTC.

    `sha256` is the body's, in hex: S3 refuses another body. With `seconds` the signature is in the query and ends
    after them; the body is then held only by a checksum header.
    """
    request = AWSRequest(method=method, url=url, headers=dict(headers))
    if seconds is None:
        _InHeader(credentials, region, now, sha256).add_auth(request)
    else:
        _InQuery(credentials, region, now, seconds).add_auth(request)
    return str(request.url), dict(request.headers.items())
