"""A name server on UDP that answers for the emulated cloud."""

import asyncio
import socket
from typing import TYPE_CHECKING, cast

from devcloud.cloud import Cloud
from devcloud.dns.answers import TTL, answer

if TYPE_CHECKING:
    from dnslib import DNSRecord


async def listen(cloud: Cloud, host: str, port: int) -> str:
    """Open the listener and return `host:port`. Raises OSError."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind((host, port))
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: NameServer(cloud), sock=listener)
    return f"{host}:{listener.getsockname()[1]}"


class NameServer(asyncio.DatagramProtocol):
    """Answers each question by the state of the cloud at that moment."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        from dnslib import DNSError, DNSRecord

        try:
            question = DNSRecord.parse(data)
        except DNSError:
            return
        self.transport.sendto(self.reply(question).pack(), address)

    def reply(self, question: "DNSRecord") -> "DNSRecord":
        from dnslib import QTYPE, RCODE, RR

        reply = question.reply()
        kind = QTYPE[question.q.qtype]
        lines = answer(self.cloud.zones, self.cloud.cdn.distributions, str(question.q.qname), kind)
        if lines is None:
            reply.header.rcode = RCODE.NXDOMAIN
        for line in lines or ():
            reply.add_answer(*RR.fromZone(f"{line.name} {TTL} IN {line.kind} {line.value}"))
        return reply
