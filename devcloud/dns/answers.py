"""What a resolver answers: the records of the zone that a domain is delegated to, and aliases as addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from devcloud.cloudfront.state import Distribution
from devcloud.route53.state import Zone, Zones, dotted, values_of

LONGEST_CHAIN = 8
TTL = 60


@dataclass(frozen=True)
class Line:
    """One record of an answer; `name` ends in a dot."""

    name: str
    kind: str
    value: str


def answer(
    zones: Zones, distributions: Mapping[str, Distribution], name: str, kind: str
) -> list[Line] | None:
    """The records for a question, along CNAMEs; None where there is no such name."""
    lines: list[Line] = []
    at = dotted(name)
    for _ in range(LONGEST_CHAIN):
        found = _at(zones, distributions, at, kind)
        if found is None:
            return lines or None
        lines += found
        if not found or found[0].kind == kind:
            return lines
        at = found[0].value
    return lines


def _at(zones: Zones, distributions: Mapping[str, Distribution], name: str, kind: str) -> list[Line] | None:
    if kind == "NS" and (servers := zones.delegated_to(name)):
        return [Line(name, "NS", f"{server}.") for server in servers]
    zone = zones.serving(name)
    if zone is None:
        return _of_distribution(distributions, name, kind)
    return _in_zone(zone, distributions, name, kind)


def _in_zone(
    zone: Zone, distributions: Mapping[str, Distribution], name: str, kind: str
) -> list[Line] | None:
    own = {each: record for (at, each), record in zone.records.items() if at == name}
    record = own.get(kind) or own.get("CNAME")
    if record is None:
        return [] if own else None
    if alias := record.get("AliasTarget"):
        found = _of_distribution(distributions, alias["DNSName"], kind)
        return [Line(name, kind, line.value) for line in found or ()]
    return [Line(name, record["Type"], value) for value in values_of(record)]


def _of_distribution(distributions: Mapping[str, Distribution], name: str, kind: str) -> list[Line] | None:
    """Addresses that belong to nobody in the world, one for each distribution."""
    if not any(dotted(each.domain) == name for each in distributions.values()):
        return None
    number = int(sha256(name.encode()).hexdigest()[:4], 16)
    addresses = {"A": f"192.0.2.{number % 254 + 1}", "AAAA": f"2001:db8::{number:x}"}
    return [Line(name, kind, addresses[kind])] if kind in addresses else []
