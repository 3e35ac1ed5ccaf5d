"""Asking an environment's public address as a browser would, but trusting nothing that it answers.

Requests stay on the environment's own hostnames. Outside the demo they are https, and the address that a name
resolves to is looked up once, must be public, and is the one that is connected to.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from socket import AF_UNSPEC, AI_NUMERICHOST, SOCK_STREAM, AddressFamily
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.helpers import is_ip_address
from yarl import URL

T = TypeVar("T")

MOST_REDIRECTS = 3
AT_ONCE = 16
CHUNK = 64 * 1024
_TIMES = ClientTimeout(total=15, sock_connect=5)
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "timcombo-console"}
_REDIRECTS = {301, 302, 303, 307, 308}


class EdgeProblem(Exception):
    """The edge could not be asked, or may not be; the text says why and completes "/path: "."""


async def resolve(host: str) -> list[str]:
    """The addresses of the name; raises OSError when there are none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, 443, family=AF_UNSPEC, type=SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def is_public(address: str) -> bool:
    """Whether the address is on the public internet, and so is any IPv4 address that it stands for."""
    parsed = ip_address(address)
    inner = (
        (parsed.ipv4_mapped, parsed.sixtofour, *(parsed.teredo or ()))
        if isinstance(parsed, IPv6Address)
        else ()
    )
    return all(one.is_global and not one.is_multicast for one in (parsed, *filter(None, inner)))


@dataclass(frozen=True)
class Network:
    """How names are reached outside the demo: lookup, which addresses are allowed, port, trusted certificates."""

    resolve: Callable[[str], Awaitable[list[str]]] = resolve
    allowed: Callable[[str], bool] = is_public
    port: int = 443
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True)
class EdgeTarget:
    """An environment's public address: `host` is asked, redirects may lead to `hosts`.

    `edge` (`http://127.0.0.1:PORT`, demo only) is where all requests connect to, with the true Host.
    """

    host: str
    hosts: frozenset[str]
    edge: str | None = None
    network: Network = field(default_factory=Network)

    def url(self, encoded_path: str) -> URL:
        port = "" if self.edge or self.network.port == 443 else f":{self.network.port}"
        return URL(f"https://{self.host}{port}{encoded_path}", encoded=True)


class Answer(NamedTuple):
    """What came back after redirects: status, media type in small letters, SHA-256 of the body as it was sent.

    `sha256` is None when the body was longer than the asker wanted to read.
    """

    status: int
    media_type: str
    sha256: str | None


class Page(NamedTuple):
    """What came back, kept: status, headers by small letters, the body (its beginning), when the certificate ends."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    certificate_ends: datetime | None


class Pinned(AbstractResolver):
    """Looks a name up once for the connector, which keeps the answer, and refuses addresses that are not public."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AddressFamily.AF_INET
    ) -> list[ResolveResult]:
        try:
            addresses = await self._network.resolve(host)
        except OSError as error:
            raise EdgeProblem(f"the name {host} does not resolve ({error.strerror or error})") from error
        for address in addresses:
            if not self._network.allowed(address):
                raise EdgeProblem(
                    f"{host} resolves to {address}, which is not a public address; correct its record"
                )
        return [_resolved(host, port, address) for address in addresses]

    async def close(self) -> None:
        return None


def _resolved(host: str, port: int, address: str) -> ResolveResult:
    family = AddressFamily.AF_INET6 if ":" in address else AddressFamily.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=AI_NUMERICHOST)


class EdgeClient:
    """A few connections to one target, for one round of questions, within a running event loop."""

    def __init__(self, target: EdgeTarget) -> None:
        self.target = target
        # Counted here and not by the connector, whose waiting time would count as the request's.
        self._free = asyncio.Semaphore(AT_ONCE)

    async def __aenter__(self) -> Self:
        network = self.target.network
        self._session = ClientSession(
            connector=TCPConnector(resolver=Pinned(network), ttl_dns_cache=None, ssl=network.tls or True),
            cookie_jar=DummyCookieJar(),
            timeout=_TIMES,
            headers=_HEADERS,
            auto_decompress=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(self, encoded_path: str, *, most: int) -> Answer:
        """Ask for the path and read at most `most` bytes.

        Raises EdgeProblem when there is no answer, or one that leads elsewhere.
        """
        return await self._follow(encoded_path, partial(_answer, most=most))

    async def page(self, encoded_path: str, *, most: int) -> Page:
        """Ask for the path and keep what comes; of a body longer than `most` bytes only its beginning. Raises as `get` does."""
        return await self._follow(encoded_path, partial(_page, most=most))

    async def _follow(self, encoded_path: str, read: Callable[[ClientResponse], Awaitable[T]]) -> T:
        url = self.target.url(encoded_path)
        for _ in range(MOST_REDIRECTS + 1):
            try:
                async with self._free:
                    answer = await self._ask(url, read)
            except TimeoutError as error:
                raise EdgeProblem(f"no answer from {url.host} in {_TIMES.total:.0f} seconds") from error
            except (ClientError, OSError, ValueError) as error:
                raise EdgeProblem(f"{url.host} could not be asked ({error})") from error
            if not isinstance(answer, URL):
                return answer
            url = self._checked(answer)
        raise EdgeProblem(f"more than {MOST_REDIRECTS} redirects in a row")

    async def _ask(self, url: URL, read: Callable[[ClientResponse], Awaitable[T]]) -> T | URL:
        """The answer, or where it redirects to."""
        asked, headers = self._reached(url)
        async with self._session.get(asked, headers=headers, allow_redirects=False) as response:
            if response.status in _REDIRECTS and "Location" in response.headers:
                return url.join(URL(response.headers["Location"]))
            return await read(response)

    def _reached(self, url: URL) -> tuple[URL, dict[str, str]]:
        if self.target.edge is None:
            if is_ip_address(url.raw_host):
                raise EdgeProblem(f"{url.host} is an address; an environment is reached by its name")
            return url, {}
        edge = URL(self.target.edge)
        return URL(f"{edge.origin()}{url.raw_path_qs}", encoded=True), {"Host": url.raw_host or ""}

    def _checked(self, url: URL) -> URL:
        """The redirect's address, when it stays on the environment's hostnames and https."""
        ours = self.target.url("/")
        if (url.raw_host or "") not in self.target.hosts or url.user or url.password:
            raise EdgeProblem(f"redirects to {url.host or url}, which is not a hostname of this environment")
        if not self.target.edge and (url.scheme, url.port) != (ours.scheme, ours.port):
            raise EdgeProblem(f"redirects to {url.scheme} on port {url.port} of {url.host}, not to https")
        return url


async def _answer(response: ClientResponse, most: int) -> Answer:
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return Answer(response.status, media_type, await _hash(response, most))


async def _page(response: ClientResponse, most: int) -> Page:
    # Before the body: with its end the connection is given back.
    ends = _certificate_ends(response)
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > most:
            break
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Page(response.status, headers, bytes(body), ends)


def _certificate_ends(response: ClientResponse) -> datetime | None:
    transport = response.connection.transport if response.connection else None
    certificate = transport.get_extra_info("peercert") if transport else None
    if not certificate:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)


async def _hash(response: ClientResponse, most: int) -> str | None:
    digest, length = sha256(), 0
    async for chunk in response.content.iter_chunked(CHUNK):
        length += len(chunk)
        if length > most:
            return None
        digest.update(chunk)
    return digest.hexdigest()
