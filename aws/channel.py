"""Connections to S3 inside one event loop: send a signed request, get the whole answer or an error."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from urllib.parse import quote, urlsplit

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.tracing import Trace
from botocore.utils import get_environ_proxies
from multidict import CIMultiDictProxy
from yarl import URL

from aws.boto import AGENT, CONNECT_SECONDS, READ_SECONDS
from aws.errors import AwsError, Subject, Unavailable, Untrusted, error_from
from aws.jobs import SAFE, WHOLE, Body, Slice, in_hex

LOST = (aiohttp.ClientError, TimeoutError, ConnectionError)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of S3 with its whole body."""

    status: int
    headers: CIMultiDictProxy[str]
    body: str

    def header(self, name: str) -> str:
        """One header, whatever its case; empty when absent."""
        return self.headers.get(name, "")

    @property
    def request_id(self) -> str:
        """The id under which AWS knows the request."""
        return self.header("x-amz-request-id")

    @property
    def sha256(self) -> str:
        """The hash of the whole object in hex, where S3 tells it: in the body of a copy, else in a header."""
        told = _element("ChecksumSHA256", self.body) or self.header("x-amz-checksum-sha256")
        # AWS: the checksum of an object in parts is that of the parts' checksums, with their number behind a dash.
        return "" if "-" in told else in_hex(told)

    @property
    def etag(self) -> str:
        """The object's ETag without quotes: from the body of a copy, else from the header."""
        return (_element("ETag", self.body) or self.header("etag")).strip('"')


def _element(name: str, text: str) -> str:
    found = re.search(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)
    return unescape(found[1]) if found else ""


def failure(subject: Subject, reply: Reply) -> AwsError | None:
    """The error that an answer tells of, None for success.

    AWS: CopyObject may answer 200 and then fail; the body is then an `<Error>`, or ends before it is whole.
    """
    refused = reply.status >= 300 or "<Error>" in reply.body
    if refused:
        return error_from(
            subject,
            status=reply.status if reply.status >= 300 else 500,
            code=_element("Code", reply.body),
            message=_element("Message", reply.body),
            request_id=reply.request_id,
        )
    if subject.operation == "CopyObject" and "</CopyObjectResult>" not in reply.body:
        return Unavailable(
            subject, code="IncompleteAnswer", message="the copy did not confirm", request_id=reply.request_id
        )
    return None


@dataclass(frozen=True, slots=True)
class Address:
    """Where a bucket is: `origin` is scheme and host, `prefix` what comes before a key, with the first slash."""

    origin: str
    host: str
    prefix: str

    def path(self, key: str) -> str:
        """The path of an object, quoted as it must be signed."""
        return self.prefix + quote(key, safe=SAFE)


@lru_cache(maxsize=256)
def address_of(endpoint: str, bucket: str) -> Address:
    """Where a bucket is.

    AWS: buckets are hosts below the endpoint; a name with a dot has no valid certificate there, so it goes into the
    path, as with any endpoint that is not AWS's own.
    """
    parts = urlsplit(endpoint)
    if (parts.hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn")) and "." not in bucket:
        return Address(f"{parts.scheme}://{bucket}.{parts.netloc}", f"{bucket}.{parts.netloc}", "/")
    return Address(f"{parts.scheme}://{parts.netloc}", parts.netloc, f"{parts.path.rstrip('/')}/{bucket}/")


@lru_cache(maxsize=4)
def _trusted(ca_bundle: str) -> ssl.SSLContext:
    """Read once per process: it takes 30 ms, as long as a request."""
    return ssl.create_default_context(cafile=ca_bundle)


class _Connector(aiohttp.TCPConnector):
    """Opens connections, and closes each of them for good.

    aiohttp forgets a connection when it begins to close it, while TLS still waits for the other side's farewell; an
    event loop that is closed before that answer came cannot be closed (EBUSY).
    """

    def __init__(self, connections: int, trusted: ssl.SSLContext) -> None:
        super().__init__(limit=connections, ssl=trusted, keepalive_timeout=20)
        self._open: dict[asyncio.Future[None], asyncio.Transport] = {}

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        made = await super()._create_connection(req, traces, timeout)
        if made.closed is not None and made.transport is not None:
            self._open[made.closed] = made.transport
            made.closed.add_done_callback(self._gone)
        return made

    def _gone(self, closed: asyncio.Future[None]) -> None:
        del self._open[closed]
        closed.exception()  # Whoever waited for an answer has been told; asyncio asks that somebody looks.

    async def close(self, *, abort_ssl: bool = True) -> None:
        await super().close(abort_ssl=abort_ssl)
        for transport in self._open.values():
            transport.abort()
        await asyncio.gather(*self._open, return_exceptions=True)


class Channel:
    """An HTTP session with at most `connections` connections, which trusts whom the file `ca_bundle` names."""

    def __init__(self, endpoint: str, connections: int, ca_bundle: str) -> None:
        # Proxies are read once: looking at the environment for each request costs more than signing it.
        self._proxy = get_environ_proxies(endpoint).get(urlsplit(endpoint).scheme)
        self._session = aiohttp.ClientSession(
            connector=_Connector(connections, _trusted(ca_bundle)),
            headers={"user-agent": AGENT},
            skip_auto_headers=("content-type", "accept-encoding"),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )
        # aiohttp repeats a PUT by itself when the connection was lost; here every attempt asks the lease first.
        self._session._retry_connection = False

    async def close(self) -> None:
        """End all connections."""
        await self._session.close()

    async def send(
        self,
        subject: Subject,
        method: str,
        url: str,
        headers: dict[str, str],
        body: Body = b"",
        seconds: float | None = None,
    ) -> Reply:
        """Send one request and read its answer. `seconds` bounds the whole, None only each wait for S3.

        Raises Unavailable when no whole answer came: what was asked for may have happened all the same. Raises
        Untrusted, before anything is sent, when the other side cannot prove who it is.
        """
        limits = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS)
        try:
            async with self._session.request(
                method,
                URL(url, encoded=True),
                headers=headers,
                data=_payload(body),
                timeout=limits,
                proxy=self._proxy,
                allow_redirects=False,
            ) as answer:
                return Reply(answer.status, answer.headers, await answer.text("utf-8", "replace"))
        except aiohttp.ClientConnectorCertificateError as error:
            raise Untrusted(subject, code=type(error).__name__, message=str(error)) from error
        except LOST as error:
            raise Unavailable(subject, code=type(error).__name__, message=str(error)) from error


def _payload(body: Body) -> bytes | AsyncIterator[bytes] | None:
    if isinstance(body, bytes):
        return body or None
    # aiohttp reports a stream that breaks off as a lost connection, which would be repeated in vain.
    body.check()
    return b"".join(body.pieces()) if len(body) <= WHOLE else _stream(body)


async def _stream(body: Slice) -> AsyncIterator[bytes]:
    for piece in body.pieces():
        yield piece
