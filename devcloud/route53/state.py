"""What Route 53 holds. A change counts at once and is INSYNC a little later, by the clock."""

import secrets
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

Record = dict[str, Any]
Key = tuple[str, str]
CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"
_ALPHABET = string.ascii_uppercase + string.digits


def new_id(prefix: str) -> str:
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(20))


def dotted(name: str) -> str:
    """AWS: names are compared in small letters and shown with the dot at their end."""
    return name.lower().rstrip(".") + "."


def in_dns_order(key: Key) -> tuple[list[str], str]:
    """AWS: listings sort by the labels from the right, then by type."""
    name, kind = key
    return name.rstrip(".").split(".")[::-1], kind


@dataclass
class Zone:
    """A public hosted zone; `name` and `name_servers` end in a dot where AWS ends them so."""

    id: str
    account: str
    name: str
    reference: str
    comment: str = ""
    records: dict[Key, Record] = field(default_factory=dict)

    def __post_init__(self) -> None:
        servers = [{"Value": f"{one}."} for one in self.name_servers]
        soa = f"{self.name_servers[0]}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
        self.put({"Name": self.name, "Type": "NS", "TTL": 172_800, "ResourceRecords": servers})
        self.put({"Name": self.name, "Type": "SOA", "TTL": 900, "ResourceRecords": [{"Value": soa}]})

    @property
    def name_servers(self) -> list[str]:
        """AWS: four, which no other zone of the name has."""
        number = int(sha256(self.id.encode()).hexdigest()[:4], 16) % 2000
        return [
            f"ns-{number + n}.awsdns-{n:02}.{top}" for n, top in enumerate(("com", "net", "org", "co.uk"))
        ]

    def put(self, record: Record) -> None:
        self.records[record["Name"], record["Type"]] = record

    def holds(self, name: str) -> bool:
        return name == self.name or name.endswith(f".{self.name}")


@dataclass
class Zones:
    """The zones of all accounts by id, changes by id with the time when they are in sync, and who is asked for a domain.

    `delegations` are what the registrars of domains say: the name servers of each, without a dot at the end. A domain that
    is not in it is delegated to the first zone of its name.
    """

    zones: dict[str, Zone] = field(default_factory=dict)
    changes: dict[str, tuple[str, float]] = field(default_factory=dict)
    delegations: dict[str, list[str]] = field(default_factory=dict)

    def delegated_to(self, domain: str) -> list[str] | None:
        """The name servers that the world asks for a domain; None for one that nobody registered."""
        given = self.delegations.get(domain.rstrip("."))
        if given is not None:
            return given
        first = next((zone for zone in self.zones.values() if zone.name == dotted(domain)), None)
        return first.name_servers if first else None

    def serving(self, name: str) -> Zone | None:
        """The zone that answers for a name, if its domain is delegated there."""
        found = sorted((z for z in self.zones.values() if z.holds(name)), key=lambda zone: -len(zone.name))
        return next((zone for zone in found if self.delegated_to(zone.name) == zone.name_servers), None)

    def answers(self, name: str, kind: str) -> Iterator[str]:
        """The values of a record as the world sees them, but for aliases."""
        zone = self.serving(dotted(name))
        record = zone.records.get((dotted(name), kind)) if zone else None
        yield from values_of(record) if record else ()


def values_of(record: Record) -> list[str]:
    """AWS: a target without a dot at its end is the same as one with it."""
    values = [one["Value"] for one in record.get("ResourceRecords", ())]
    return [dotted(value) for value in values] if record["Type"] == "CNAME" else values
