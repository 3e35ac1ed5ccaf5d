"""Where buckets are, and how answers are read."""

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from aws import errors
from aws.channel import Reply, address_of, failure
from aws.errors import Subject

COPY = Subject("s3", "CopyObject", "855652006097", "bucket/index.html")


@pytest.mark.parametrize(
    ("endpoint", "bucket", "url"),
    [
        (
            "https://s3.us-east-2.amazonaws.com",
            "site",
            "https://site.s3.us-east-2.amazonaws.com/a%20%C3%BC%2B.js",
        ),
        (
            "https://s3.us-east-2.amazonaws.com",
            "www.site.com",
            "https://s3.us-east-2.amazonaws.com/www.site.com/a%20%C3%BC%2B.js",
        ),
        (
            "https://s3.cn-north-1.amazonaws.com.cn",
            "site",
            "https://site.s3.cn-north-1.amazonaws.com.cn/a%20%C3%BC%2B.js",
        ),
        ("http://127.0.0.1:9000", "site", "http://127.0.0.1:9000/site/a%20%C3%BC%2B.js"),
        ("https://storage.example.com/s3/", "site", "https://storage.example.com/s3/site/a%20%C3%BC%2B.js"),
        (
            "https://amazonaws.com.example.com",
            "site",
            "https://amazonaws.com.example.com/site/a%20%C3%BC%2B.js",
        ),
    ],
)
def test_buckets_are_hosts_at_aws_and_paths_elsewhere(endpoint: str, bucket: str, url: str) -> None:
    address = address_of(endpoint, bucket)
    assert address.origin + address.path("a ü+.js") == url
    assert address.origin.endswith(f"//{address.host}")


def reply(status: int, body: str) -> Reply:
    headers = CIMultiDict({"X-Amz-Request-Id": "ID1", "ETag": '"header"'})
    return Reply(status, CIMultiDictProxy(headers), body)


def test_an_etag_comes_from_the_body_of_a_copy_and_else_from_the_header() -> None:
    done = reply(200, "<CopyObjectResult><ETag>&quot;body&quot;</ETag></CopyObjectResult>")
    assert failure(COPY, done) is None
    assert done.etag == "body"
    assert reply(200, "").etag == "header"


def test_an_error_is_read_from_its_body() -> None:
    text = "<Error><Code>AccessDenied</Code><Message>no &amp; never</Message></Error>"
    error = failure(COPY, reply(403, text))
    assert isinstance(error, errors.AccessDenied)
    assert (error.code, error.message, error.request_id) == ("AccessDenied", "no & never", "ID1")


@pytest.mark.parametrize("body", ["", "<CopyObjectResult><ETag>&quot;half", " \n \n "])
def test_a_copy_that_did_not_confirm_may_have_failed(body: str) -> None:
    error = failure(COPY, reply(200, body))
    assert isinstance(error, errors.Unavailable)
    assert error.may_pass


def test_a_redirect_is_an_error() -> None:
    """AWS: a bucket of another region answers 301."""
    error = failure(COPY, reply(301, "<Error><Code>PermanentRedirect</Code><Message>m</Message></Error>"))
    assert error is not None
    assert error.code == "PermanentRedirect"
