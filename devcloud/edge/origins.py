"""Where the edge gets answers from: a bucket through its origin access control, or the emulated API."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

from devcloud import policy
from devcloud.apigateway.answers import answer
from devcloud.cloudfront.state import Distribution
from devcloud.s3.store import Bucket, Version
from devcloud.wire import Principal

if TYPE_CHECKING:
    from devcloud.cloud import Cloud

SERVICE = Principal(account="", arn="cloudfront.amazonaws.com")


@dataclass(frozen=True)
class Answer:
    """What an origin said, and how long it took: said, not waited for."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    milliseconds: float = 0.0


def find_origin(config: dict[str, Any], behavior: dict[str, Any]) -> dict[str, Any]:
    found = (each for each in config["Origins"]["Items"] if each["Id"] == behavior["TargetOriginId"])
    return next(found)


def ask_bucket(
    buckets: Mapping[str, Bucket], distribution: Distribution, origin: dict[str, Any], path: str
) -> Answer:
    """Read the object at a path; a bucket takes 20 to 60 ms, always the same for the same path.

    AWS: without an allowing bucket policy every answer is 403, and so is a missing key unless the policy
    allows s3:ListBucket too.
    """
    found = _read(buckets, distribution, origin, path)
    return replace(found, milliseconds=20.0 + zlib.crc32(path.encode()) % 41)


def _read(
    buckets: Mapping[str, Bucket], distribution: Distribution, origin: dict[str, Any], path: str
) -> Answer:
    name = origin["DomainName"].partition(".s3.")[0]
    bucket = buckets.get(name)
    if bucket is None:
        return _error(404, "NoSuchBucket", "The specified bucket does not exist")
    key = unquote(origin["OriginPath"] + path).removeprefix("/")
    if not _may(bucket, distribution, origin, "s3:GetObject", f"{bucket.arn}/{key}"):
        return _error(403, "AccessDenied", "Access Denied")
    version = bucket.current(key)
    if version is not None:
        return _object(version)
    if _may(bucket, distribution, origin, "s3:ListBucket", bucket.arn):
        return _error(404, "NoSuchKey", "The specified key does not exist.")
    return _error(403, "AccessDenied", "Access Denied")


def _may(
    bucket: Bucket, distribution: Distribution, origin: dict[str, Any], action: str, resource: str
) -> bool:
    if not origin["OriginAccessControlId"]:
        return False
    context = {
        "aws:sourcearn": distribution.arn,
        "aws:sourceaccount": distribution.account,
        "aws:securetransport": "true",
    }
    return policy.evaluate(bucket.policy, SERVICE, action, resource, context) == policy.ALLOW


def _object(version: Version) -> Answer:
    headers = {
        **version.headers,
        "etag": version.quoted_etag,
        "last-modified": version.http_date,
        "x-amz-server-side-encryption": "AES256",
        "server": "AmazonS3",
    }
    return Answer(200, headers, version.body)


def _error(status: int, code: str, message: str) -> Answer:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>'
    return Answer(status, {"content-type": "application/xml", "server": "AmazonS3"}, body.encode())


def ask_api(
    cloud: "Cloud", origin: dict[str, Any], method: str, path: str, body: bytes, now: float
) -> Answer:
    """What the API at the origin's address says; of a path that it does not have also what it got."""
    headers = {"content-type": "application/json", "cache-control": "no-store", "server": "emulated-api"}
    whole = origin["OriginPath"] + path
    status, told, took = answer(
        cloud.gateways, cloud.lambdas, cloud.numbers, origin["DomainName"], whole, now
    )
    if status == 404:
        told = {**told, "request": {"method": method, "path": whole, "bytes": len(body)}}
    return Answer(status, headers, json.dumps(told).encode(), took)
