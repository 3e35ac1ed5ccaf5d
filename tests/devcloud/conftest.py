"""What the tests of the emulated cloud share."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest
from botocore.exceptions import ClientError

from tests.cloud import CloudProcess

DEV_BUCKET = "tim-app-dev-855652006097"
MEDIA = "855652006097"
SANDBOX = "455510265254"
Refused = Callable[[str, int], AbstractContextManager[Any]]


@pytest.fixture
def refused() -> Refused:
    """`with refused("AccessDenied", 403):` expects exactly that refusal of AWS."""

    @contextmanager
    def expect(code: str, status: int) -> Iterator[Any]:
        with pytest.raises(ClientError) as caught:
            yield caught
        response = caught.value.response
        assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
        assert response["ResponseMetadata"]["RequestId"]

    return expect


@pytest.fixture
def s3(cloud: CloudProcess) -> Any:
    return cloud.client("s3")


@pytest.fixture
def cdn(cloud: CloudProcess) -> Any:
    return cloud.client("cloudfront")


class Page:
    """An answer of the edge."""

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def cache(self) -> str:
        return str(self.headers["x-cache"])


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@pytest.fixture
def browse(cloud: CloudProcess) -> Callable[..., Page]:
    """`browse("dev.tim-combo.com", "/")` asks the edge for a page; redirects are not followed."""
    opener = build_opener(_NoRedirect)

    def get(host: str, path: str = "/", method: str = "GET", **headers: str) -> Page:
        wanted = {"Host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(cloud.edge_url + path, headers=wanted, method=method)
        try:
            with opener.open(request, timeout=10) as answer:
                return Page(answer.status, answer.headers, answer.read())
        except HTTPError as error:
            with error:
                return Page(error.code, error.headers, error.read())

    return get
