"""Signature Version 4, verified as AWS does: in the header or in the query."""

import hashlib
import hmac
from calendar import timegm
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from time import strptime
from urllib.parse import parse_qsl, quote, unquote

from devcloud.errors import JSON_SERVICES, AwsError
from devcloud.identity import Keys
from devcloud.wire import Request

SKEW_SECONDS = 15 * 60
_SAFE = "-_.~"


@dataclass(frozen=True)
class Signed:
    """The parts of a signature, from wherever the client put them."""

    key_id: str
    day: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    stamp: str
    token: str | None
    expires_in: int | None


def read_signature(headers: Mapping[str, str], query: Mapping[str, str]) -> Signed | None:
    """Find the signature of a request; None for an anonymous one. Raises AwsError when it is malformed."""
    authorization = headers.get("authorization")
    try:
        if authorization is not None:
            return _from_header(authorization, headers)
        if "X-Amz-Signature" in query:
            return _from_query(query)
    except (ValueError, KeyError) as error:
        raise AwsError(
            "AuthorizationHeaderMalformed", 400, "The authorization header is malformed."
        ) from error
    return None


def _from_header(authorization: str, headers: Mapping[str, str]) -> Signed:
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != "AWS4-HMAC-SHA256":
        raise ValueError(algorithm)
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    key_id, day, region, service, _ = parts["Credential"].split("/")
    return Signed(
        key_id=key_id,
        day=day,
        region=region,
        service=service,
        signed_headers=tuple(parts["SignedHeaders"].split(";")),
        signature=parts["Signature"],
        stamp=headers["x-amz-date"],
        token=headers.get("x-amz-security-token"),
        expires_in=None,
    )


def _from_query(query: Mapping[str, str]) -> Signed:
    key_id, day, region, service, _ = query["X-Amz-Credential"].split("/")
    return Signed(
        key_id=key_id,
        day=day,
        region=region,
        service=service,
        signed_headers=tuple(query["X-Amz-SignedHeaders"].split(";")),
        signature=query["X-Amz-Signature"],
        stamp=query["X-Amz-Date"],
        token=query.get("X-Amz-Security-Token"),
        expires_in=int(query["X-Amz-Expires"]),
    )


def verify(request: Request, signed: Signed, find: Callable[[str], Keys | None]) -> Keys:
    """Return the keys that signed the request.

    Raises AwsError: unknown key, wrong secret, clock skew above 15 minutes, an expired query signature, an
    expired or wrong session token. AWS: S3 and the other services name these differently.
    """
    keys = find(signed.key_id)
    if keys is None or (keys.token is not None and signed.token is None):
        raise _unknown_key(signed)
    _check_time(request, signed)
    expected = _signature(request, signed, keys.secret)
    if not hmac.compare_digest(expected, signed.signature):
        raise _mismatch(signed.service)
    _check_payload(request, signed)
    if keys.token != signed.token:
        raise AwsError("InvalidToken", 400, "The provided token is malformed or otherwise invalid.")
    if keys.expires is not None and request.now >= keys.expires:
        raise expired_token(signed.service)
    return keys


def expired_token(service: str) -> AwsError:
    """The refusal of session credentials that have ended."""
    if service == "s3":
        return AwsError("ExpiredToken", 400, "The provided token has expired.")
    code = "ExpiredTokenException" if service in JSON_SERVICES else "ExpiredToken"
    return AwsError(code, 403, "The security token included in the request is expired")


def _unknown_key(signed: Signed) -> AwsError:
    if signed.service == "s3":
        message = "The AWS Access Key Id you provided does not exist in our records."
        return AwsError("InvalidAccessKeyId", 403, message, fields={"AWSAccessKeyId": signed.key_id})
    code = "UnrecognizedClientException" if signed.service in JSON_SERVICES else "InvalidClientTokenId"
    return AwsError(code, 403, "The security token included in the request is invalid.")


def _mismatch(service: str) -> AwsError:
    code = "InvalidSignatureException" if service in JSON_SERVICES else "SignatureDoesNotMatch"
    message = (
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method."
    )
    return AwsError(code, 403, message)


def _check_time(request: Request, signed: Signed) -> None:
    signed_at = timegm(strptime(signed.stamp, "%Y%m%dT%H%M%SZ"))
    if signed.expires_in is not None:
        _check_expiry(request.now, signed_at, signed.expires_in)
    elif abs(request.now - signed_at) > SKEW_SECONDS:
        if signed.service == "s3":
            message = "The difference between the request time and the current time is too large."
            raise AwsError("RequestTimeTooSkewed", 403, message)
        code = "InvalidSignatureException" if signed.service in JSON_SERVICES else "SignatureDoesNotMatch"
        raise AwsError(code, 403, f"Signature expired or not yet current: {signed.stamp}")


def _check_expiry(now: float, signed_at: float, expires_in: int) -> None:
    """AWS: a query signature lives 1 second to 7 days, counted from its own date."""
    if not 1 <= expires_in <= 604_800:
        message = "X-Amz-Expires must be at least 1 and less than a week (in seconds)"
        raise AwsError("AuthorizationQueryParametersError", 400, message)
    if signed_at > now + SKEW_SECONDS:
        raise AwsError("AccessDenied", 403, "Request is not valid yet")
    if now >= signed_at + expires_in:
        raise AwsError("AccessDenied", 403, "Request has expired", fields={"X-Amz-Expires": str(expires_in)})


def _signature(request: Request, signed: Signed, secret: str) -> str:
    scope = f"{signed.day}/{signed.region}/{signed.service}/aws4_request"
    canonical = hashlib.sha256(_canonical(request, signed).encode()).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n{signed.stamp}\n{scope}\n{canonical}"
    key = _signing_key(secret, signed.day, signed.region, signed.service)
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=4096)
def _signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _canonical(request: Request, signed: Signed) -> str:
    path = quote(unquote(request.raw_path), safe="/" + _SAFE)
    if signed.service != "s3":
        path = quote(path, safe="/" + _SAFE)
    pairs = parse_qsl(request.raw_query, keep_blank_values=True)
    query = "&".join(
        f"{name}={value}"
        for name, value in sorted(
            (quote(name, safe=_SAFE), quote(value, safe=_SAFE))
            for name, value in pairs
            if name != "X-Amz-Signature"
        )
    )
    headers = "".join(
        f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in signed.signed_headers
    )
    names = ";".join(signed.signed_headers)
    return f"{request.method}\n{path}\n{query}\n{headers}\n{names}\n{_payload_hash(request, signed)}"


def _payload_hash(request: Request, signed: Signed) -> str:
    if signed.service == "s3":
        default = "UNSIGNED-PAYLOAD" if signed.expires_in is not None else ""
        return request.headers.get("x-amz-content-sha256", default)
    return hashlib.sha256(request.body).hexdigest()


def _check_payload(request: Request, signed: Signed) -> None:
    """AWS: the body must have the SHA-256 that was signed."""
    claimed = _payload_hash(request, signed)
    if signed.service != "s3" or claimed == "UNSIGNED-PAYLOAD" or claimed.startswith("STREAMING-"):
        return
    if claimed != hashlib.sha256(request.body).hexdigest():
        message = "The provided 'x-amz-content-sha256' header does not match what was computed."
        raise AwsError("XAmzContentSHA256Mismatch", 400, message)
