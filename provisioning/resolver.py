"""Asking the domain name system, as visitors' resolvers do."""

from functools import cache
from pathlib import Path

from django.conf import settings
from dnslib import RCODE, DNSError, DNSRecord

SECONDS = 3.0
CONFIGURED = Path("/etc/resolv.conf")


class NoAnswer(Exception):
    """The resolver did not answer, or answered that it cannot."""


def name_servers(domain: str) -> frozenset[str]:
    """Who is asked for a domain, without dots at the end; none for a domain that is not registered. Raises NoAnswer."""
    return frozenset(value.rstrip(".").lower() for kind, value in look_up(domain, "NS") if kind == "NS")


def look_up(name: str, kind: str) -> list[tuple[str, str]]:
    """Type and value of each record of the answer, along CNAMEs; none where there is no such name. Raises NoAnswer."""
    host, _, port = _server().partition(":")
    question = DNSRecord.question(name, kind)
    try:
        reply = DNSRecord.parse(question.send(host, int(port or 53), timeout=SECONDS))
        if reply.header.tc:
            reply = DNSRecord.parse(question.send(host, int(port or 53), tcp=True, timeout=SECONDS))
    except (OSError, DNSError) as error:
        raise NoAnswer(f"The resolver {host} did not answer for {name}: {error}.") from error
    if reply.header.rcode not in (RCODE.NOERROR, RCODE.NXDOMAIN):
        raise NoAnswer(f"The resolver {host} answered {RCODE[reply.header.rcode]} for {name}.")
    return [(_kind(one.rtype), str(one.rdata)) for one in reply.rr]


def _kind(number: int) -> str:
    from dnslib import QTYPE

    return str(QTYPE[number])


def _server() -> str:
    return settings.CONSOLE_DNS or _system_server()


@cache
def _system_server() -> str:
    """The first that this host is configured with."""
    lines = CONFIGURED.read_text().splitlines() if CONFIGURED.exists() else []
    named = [
        words[1] for line in lines if (words := line.split())[:1] == ["nameserver"] and ":" not in words[1]
    ]
    return named[0] if named else "127.0.0.1"
