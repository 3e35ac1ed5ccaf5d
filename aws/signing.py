"""Signature Version 4 for S3: in a header, or in the query with an end.

AWS: a signature in a header is good for 15 minutes. One in the query ends after X-Amz-Expires seconds, and S3
refuses the request from then on; that is what makes a late write impossible.

botocore's signer takes 0.2 ms a request, half of what a copy costs in all; this one takes a tenth of it. The tests
compare the two.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote

from botocore.credentials import ReadOnlyCredentials

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


@lru_cache(maxsize=64)
def _key(secret: str, day: str, region: str) -> bytes:
    """The signing key of a day."""
    return _mac(_mac(_mac(_mac(f"AWS4{secret}".encode(), day), region), "s3"), "aws4_request")


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs requests with one set of keys, at one time by AWS's clock."""

    credentials: ReadOnlyCredentials
    region: str
    now: datetime

    def in_header(
        self, method: str, host: str, path: str, headers: Mapping[str, str], body_sha256: str
    ) -> dict[str, str]:
        """The headers to send. S3 refuses a body with another hash (hex) than `body_sha256`.

        `path` is quoted already, names of headers are in lower case.
        """
        stamp = self._stamp()
        signed = {**headers, "host": host, "x-amz-content-sha256": body_sha256, "x-amz-date": stamp}
        if self.credentials.token:
            signed["x-amz-security-token"] = self.credentials.token
        names, signature = self._signature(stamp, method, path, "", signed, body_sha256)
        signed["authorization"] = (
            f"{ALGORITHM} Credential={self.credentials.access_key}/{self._scope(stamp)}, "
            f"SignedHeaders={names}, Signature={signature}"
        )
        return signed

    def in_query(
        self, method: str, host: str, path: str, headers: Mapping[str, str], seconds: int
    ) -> tuple[str, dict[str, str]]:
        """The query and the headers to send, good for `seconds`. The body is held by its checksum header only."""
        stamp = self._stamp()
        signed = {**headers, "host": host}
        wanted = {
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{self.credentials.access_key}/{self._scope(stamp)}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": str(seconds),
            "X-Amz-SignedHeaders": ";".join(sorted(signed)),
        }
        if self.credentials.token:
            wanted["X-Amz-Security-Token"] = self.credentials.token
        query = "&".join(f"{name}={quote(wanted[name], safe='-_.~')}" for name in sorted(wanted))
        _, signature = self._signature(stamp, method, path, query, signed, UNSIGNED)
        return f"{query}&X-Amz-Signature={signature}", signed

    def _stamp(self) -> str:
        return self.now.strftime("%Y%m%dT%H%M%SZ")

    def _scope(self, stamp: str) -> str:
        return f"{stamp[:8]}/{self.region}/s3/aws4_request"

    def _signature(
        self, stamp: str, method: str, path: str, query: str, headers: Mapping[str, str], payload: str
    ) -> tuple[str, str]:
        """The names of the signed headers, and the signature.

        AWS: S3 takes the path as it is sent, without normalising it; runs of spaces in a header count as one.
        """
        ordered = sorted(headers.items())
        lines = "".join(f"{name}:{' '.join(value.split())}\n" for name, value in ordered)
        names = ";".join(name for name, _ in ordered)
        request = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{payload}"
        text = f"{ALGORITHM}\n{stamp}\n{self._scope(stamp)}\n{sha256(request.encode()).hexdigest()}"
        key = _key(self.credentials.secret_key, stamp[:8], self.region)
        return names, _mac(key, text).hex()
