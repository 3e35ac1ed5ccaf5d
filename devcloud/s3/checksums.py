"""Checksums of object bodies: verified when sent, kept, and given back when asked for."""

import base64
import hashlib
import zlib
from collections.abc import Callable, Mapping

from devcloud.errors import AwsError


def _encode(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _crc32c(body: bytes) -> str:
    from awscrt import checksums as crt

    return _encode(crt.crc32c(body).to_bytes(4, "big"))


def _crc64nvme(body: bytes) -> str:
    from awscrt import checksums as crt

    return _encode(crt.crc64nvme(body).to_bytes(8, "big"))


ALGORITHMS: Mapping[str, Callable[[bytes], str]] = {
    "CRC32": lambda body: _encode(zlib.crc32(body).to_bytes(4, "big")),
    "CRC32C": _crc32c,
    "CRC64NVME": _crc64nvme,
    "SHA1": lambda body: _encode(hashlib.sha1(body, usedforsecurity=False).digest()),
    "SHA256": lambda body: _encode(hashlib.sha256(body).digest()),
}
DEFAULT_ALGORITHM = "CRC64NVME"


def header_name(algorithm: str) -> str:
    return f"x-amz-checksum-{algorithm.lower()}"


def compute(algorithm: str, body: bytes) -> dict[str, str]:
    """Return `{algorithm: base64 value}`. Raises AwsError InvalidRequest for an unknown algorithm."""
    function = ALGORITHMS.get(algorithm.upper())
    if function is None:
        raise AwsError("InvalidRequest", 400, "Checksum algorithm provided is unsupported.")
    return {algorithm.upper(): function(body)}


def verified(headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """Check every checksum that came with the body and return the one to keep.

    AWS: a wrong `x-amz-checksum-*` or `Content-MD5` is 400 BadDigest and nothing is stored; at most one
    `x-amz-checksum-*` may be given; without any S3 keeps a CRC-64/NVME.
    """
    _check_md5(headers.get("content-md5"), body)
    given = {name: headers[header_name(name)] for name in ALGORITHMS if header_name(name) in headers}
    if len(given) > 1:
        raise AwsError("InvalidRequest", 400, "Expecting a single x-amz-checksum- header.")
    for algorithm, value in given.items():
        if compute(algorithm, body)[algorithm] != value:
            message = f"The {algorithm} you specified did not match the calculated checksum."
            raise AwsError("BadDigest", 400, message)
        return given
    return compute(headers.get("x-amz-checksum-algorithm", DEFAULT_ALGORITHM), body)


def _check_md5(given: str | None, body: bytes) -> None:
    if given is None:
        return
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    try:
        wanted = base64.b64decode(given, validate=True)
    except ValueError as error:
        raise AwsError("InvalidDigest", 400, "The Content-MD5 you specified was invalid.") from error
    if len(wanted) != len(digest):
        raise AwsError("InvalidDigest", 400, "The Content-MD5 you specified was invalid.")
    if wanted != digest:
        raise AwsError("BadDigest", 400, "The Content-MD5 you specified did not match what we received.")
