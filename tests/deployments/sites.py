"""Small web servers that play an edge, honest or not."""

import asyncio
import datetime
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deployments.manifest import INDEX, Manifest


@dataclass
class Reply:
    body: bytes
    type: str = "text/html"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Site:
    """Answers by path; `fallback` answers the rest. `asked` holds each request's host, path and headers."""

    replies: dict[str, Reply]
    fallback: Reply = field(default_factory=lambda: Reply(b"gone", status=404))
    links: Reply | None = None
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    sni: list[str | None] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append((request.host, request.raw_path, dict(request.headers)))
        last = request.raw_path.rpartition("/")[2]
        otherwise = self.links if self.links and "." not in last else self.fallback
        reply = self.replies.get(request.raw_path, otherwise)
        return web.Response(
            body=reply.body, status=reply.status, headers={"Content-Type": reply.type, **reply.headers}
        )


def site_of(manifest: Manifest, bodies: dict[str, bytes], kind: str = "app") -> Site:
    """A site that serves the manifest as an honest edge would."""
    replies = {f"/{f.path}": Reply(bodies[f.path], f.content_type) for f in manifest.files}
    index = replies[f"/{INDEX}"]
    replies["/"] = index
    if kind == "app":
        return Site(replies, links=index)
    for path in list(replies):
        if path.endswith(f"/{INDEX}"):
            replies[path.removesuffix(INDEX)] = replies[path]
    page = replies.get("/404.html", Reply(b"gone"))
    return Site(replies, fallback=Reply(page.body, page.type, 404))


@contextmanager
def served(site: Site, tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """The site on a free port of loopback, in a thread with its own event loop."""
    loop, ready = asyncio.new_event_loop(), Event()
    if tls:
        tls.sni_callback = lambda _socket, name, _context: site.sni.append(name)

    async def start() -> None:
        runner = web.ServerRunner(web.Server(site.answer), shutdown_timeout=0)
        await runner.setup()
        place = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await place.start()
        site.port = runner.addresses[0][1]
        ready.set()
        await stopped.wait()
        await runner.cleanup()

    stopped = asyncio.Event()
    thread = Thread(target=lambda: loop.run_until_complete(start()))
    thread.start()
    assert ready.wait(10)
    try:
        yield site
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(10)
        loop.close()


def certificate(folder: Path, *names: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's TLS context; the client trusts only this certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([_general(n) for n in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(secret + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem")
    return server, ssl.create_default_context(cadata=pem.decode())


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
