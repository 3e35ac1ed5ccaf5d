"""Conditional requests: If-Match, If-None-Match and their copy-source twins."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from devcloud.errors import AwsError
from devcloud.s3.store import Version


def precondition_failed(condition: str) -> AwsError:
    message = "At least one of the pre-conditions you specified did not hold"
    return AwsError("PreconditionFailed", 412, message, fields={"Condition": condition})


def no_such_key(key: str) -> AwsError:
    return AwsError("NoSuchKey", 404, "The specified key does not exist.", fields={"Key": key})


def check_write(headers: Mapping[str, str], key: str, current: Version | None) -> None:
    """Check the conditions of a Put, a Copy or a completed upload against what is there now.

    AWS: If-None-Match takes only `*` on writes and is 412 when the key exists; If-Match is 412 when the ETag
    differs and 404 when the key does not exist.
    """
    none_match = headers.get("if-none-match")
    if none_match not in (None, "*"):
        message = (
            "A header you provided implies functionality that is not implemented: If-None-Match takes only *"
        )
        raise AwsError("NotImplemented", 501, message)
    if none_match == "*" and current is not None:
        raise precondition_failed("If-None-Match")
    check_match(headers, key, current)


def check_match(headers: Mapping[str, str], key: str, current: Version | None) -> None:
    """Check If-Match alone, which is all that a delete takes."""
    wanted = headers.get("if-match")
    if wanted is None:
        return
    if current is None:
        raise no_such_key(key)
    if not _matches(wanted, current):
        raise precondition_failed("If-Match")


def check_read(headers: Mapping[str, str], version: Version) -> None:
    """Check the conditions of a Get or Head. Raises AwsError 412, or 304 without a body."""
    if "if-match" in headers:
        if not _matches(headers["if-match"], version):
            raise precondition_failed("If-Match")
    elif "if-unmodified-since" in headers and _modified_after(version, headers["if-unmodified-since"]):
        raise precondition_failed("If-Unmodified-Since")
    if "if-none-match" in headers:
        if _matches(headers["if-none-match"], version):
            raise _not_modified(version)
    elif "if-modified-since" in headers and not _modified_after(version, headers["if-modified-since"]):
        raise _not_modified(version)


def check_copy_source(headers: Mapping[str, str], source: Version) -> None:
    """Check x-amz-copy-source-if-*. AWS: all of them answer 412, none 304."""
    prefix = "x-amz-copy-source-"
    own = {name.removeprefix(prefix): value for name, value in headers.items() if name.startswith(prefix)}
    try:
        check_read(own, source)
    except AwsError as error:
        raise precondition_failed("x-amz-copy-source-if") from error


def _matches(wanted: str, version: Version) -> bool:
    if wanted.strip() == "*":
        return True
    return version.etag in {each.strip().removeprefix("W/").strip('"') for each in wanted.split(",")}


def _modified_after(version: Version, date: str) -> bool:
    return int(version.modified) > parsedate_to_datetime(date).timestamp()


def _not_modified(version: Version) -> AwsError:
    headers = {"etag": version.quoted_etag, "last-modified": version.http_date}
    return AwsError("NotModified", 304, "Not Modified", headers=headers)
