"""Four listeners in one loop: AWS, the edge, the control address, and a name server."""

import asyncio
import json
import signal
import socket
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from aiohttp import web

from devcloud.cloud import Cloud
from devcloud.control import Control
from devcloud.dns import server as dns
from devcloud.edge.service import Viewer, serve
from devcloud.estate import read_estate
from devcloud.gateway import Gateway, LostReply
from devcloud.identity import WORKER_ARN, WORKER_KEY, WORKER_SECRET, owner_keys
from devcloud.moto_backend import Moto
from devcloud.traffic.generator import Traffic
from devcloud.wire import Reply, Request

Answer = Callable[[Request], Awaitable[Reply]]
LINE_LIMIT = 65_536
NO_BODY = frozenset({204, 304})


@dataclass(frozen=True)
class Ports:
    """Where to listen; 0 means any free port."""

    aws: int = 0
    edge: int = 0
    control: int = 0


class PortTaken(Exception):
    """A port cannot be opened; the text names it and says why."""


async def run(
    estate: Path,
    host: str,
    ports: Ports,
    ready: Callable[[str], None],
    without: Collection[str] = (),
    *,
    traffic: bool = False,
) -> None:
    """Serve until SIGTERM or SIGINT. Of the products named in `without` nothing is there yet; with `traffic`, sample
    visitors come and have come before.

    `ready` gets one line of JSON when all listen: the four addresses and the keys of the worker's identity.
    """
    moto = Moto()
    cloud = Cloud(read_estate(estate, without), sample=traffic)
    gateway, control = Gateway(cloud, moto), Control(cloud, moto)

    async def edge(request: Request) -> Reply:
        return serve(
            cloud, Viewer(request.method, request.raw_path, request.raw_query, request.headers, request.body)
        )

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    addresses = {
        "endpoint": await _listen(gateway.answer, host, ports.aws),
        "edge": await _listen(edge, host, ports.edge),
        "control": await _listen(control.answer, host, ports.control),
        "dns": await dns.listen(cloud, host, 0),
    }
    worker = {"access_key_id": WORKER_KEY, "secret_access_key": WORKER_SECRET, "worker": WORKER_ARN}
    owners = {account: owner_keys(account) for account in cloud.estate.accounts.values()}
    ready(json.dumps({"ready": True, **addresses, **worker, "owners": owners}))
    visitors = asyncio.create_task(Traffic(cloud).run()) if traffic else None
    await stop.wait()
    if visitors:
        visitors.cancel()
    moto.close()


async def _listen(answer: Answer, host: str, port: int) -> str:
    """Open one listener and return its address. Raises PortTaken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise PortTaken(f"{host}:{port}: {error.strerror}") from error
    server = web.Server(
        _handler(answer),
        access_log=None,
        auto_decompress=False,
        max_line_size=LINE_LIMIT,
        max_field_size=LINE_LIMIT,
        keepalive_timeout=75,
    )
    runner = web.ServerRunner(server)
    await runner.setup()
    await web.SockSite(runner, listener, backlog=1024).start()
    return f"http://{host}:{listener.getsockname()[1]}"


def _handler(answer: Answer) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    async def handle(incoming: web.BaseRequest) -> web.StreamResponse:
        if incoming.headers.get("Expect", "").lower() == "100-continue" and incoming.transport is not None:
            incoming.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        try:
            return _response(await answer(await _read(incoming)))
        except LostReply:
            if incoming.transport is not None:
                incoming.transport.abort()
            return web.Response(status=500)

    return handle


async def _read(incoming: web.BaseRequest) -> Request:
    raw_path, _, raw_query = incoming.raw_path.partition("?")
    return Request(
        method=incoming.method,
        raw_path=raw_path,
        raw_query=raw_query,
        headers={name.lower(): value for name, value in incoming.headers.items()},
        body=await incoming.content.read(),
        query=dict(parse_qsl(raw_query, keep_blank_values=True)),
    )


def _response(reply: Reply) -> web.StreamResponse:
    body = None if reply.status in NO_BODY else reply.body
    response = web.Response(status=reply.status, body=body)
    for name, value in reply.headers.items():
        response.headers[name] = value
    return response
