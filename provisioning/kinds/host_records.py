"""Where hostnames lead: their A, AAAA and CNAME records, changed in one batch. No other record is ever touched."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from aws.access import Account as Door
from provisioning.ids import Ids, NotThereYet
from provisioning.kinds.found import Found, Refused
from provisioning.kinds.route53 import Change, change, in_sync, records_of, zone_of
from provisioning.shapes import Address, HostRecords, Record

TYPES = frozenset({"A", "AAAA", "CNAME"})
# AWS: the zone in which all distributions are aliases' targets.
CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"
DISTRIBUTION, CLOUDFRONT = "distribution", ".cloudfront.net"
Document = dict[str, Any]


def strays(door: Door, zone_id: str, ids: Ids) -> dict[str, HostRecords]:
    """The names of a zone that lead to a distribution that is none of ours. Those with a routing policy are left out."""
    by_name: dict[str, list[Document]] = defaultdict(list)
    for record in records_of(door, zone_id):
        if record["Type"] in TYPES and "SetIdentifier" not in record:
            by_name[record["Name"].rstrip(".")].append(record)
    shapes = {name: _host_records(records, ids) for name, records in by_name.items()}
    return {
        name: shape for name, shape in shapes.items() if any(_is_stray(one, ids) for one in shape.records)
    }


def _is_stray(record: Record, ids: Ids) -> bool:
    targets = (record.alias,) if record.alias else record.values
    return any(t.endswith(CLOUDFRONT) and "/" not in _name_of(t, ids) for t in targets)


def _host_records(records: Collection[Document], ids: Ids) -> HostRecords:
    return HostRecords(records=tuple(sorted((_shape(one, ids) for one in records), key=lambda one: one.id)))


def read(door: Door, names: Collection[str], ids: Ids) -> Mapping[str, Found | Refused]:
    """One listing for each zone. Before the zone is there, there are no records."""
    by_zone: dict[str, set[str]] = defaultdict(set)
    for name in names:
        try:
            by_zone[zone_of(door, name, ids)].add(name)
        except NotThereYet:
            continue
    found: dict[str, list[Document]] = defaultdict(list)
    for zone_id, wanted in by_zone.items():
        for record in records_of(door, zone_id):
            if record["Type"] in TYPES and (name := record["Name"].rstrip(".")) in wanted:
                found[name].append(record)
    return {name: _found(door, name, records, ids) for name, records in found.items()}


def _found(door: Door, name: str, records: list[Document], ids: Ids) -> Found | Refused:
    if any("SetIdentifier" in record for record in records):
        return Refused(
            f"{name} has records with a routing policy, which the console does not keep. Make simple records of them in "
            "Route 53, or take the hostname out of the environment."
        )
    shape = _host_records(records, ids)
    pending = ids.told.get(_address(door, name), {}).get("change", "")
    if not pending or in_sync(door, name, pending):
        return Found(shape)
    return Found(
        shape,
        told={"change": pending},
        waits_for=f"Route 53 brings the change of {name} to all its name servers.",
    )


def _address(door: Door, name: str) -> Address:
    return Address(HostRecords.kind, door.account_id, name)


def _shape(record: Document, ids: Ids) -> Record:
    if alias := record.get("AliasTarget"):
        return Record(id=record["Type"], alias=_name_of(alias["DNSName"].rstrip("."), ids))
    values = tuple(sorted(one["Value"].rstrip(".") for one in record["ResourceRecords"]))
    return Record(id=record["Type"], values=values, ttl=record["TTL"])


def _name_of(domain: str, ids: Ids) -> str:
    """The distribution that answers there, as `account/name`; the domain itself when it is none of ours."""
    ours = (a for a, told in ids.told.items() if a.kind == DISTRIBUTION and told.get("domain") == domain)
    return next((f"{address.account}/{address.name}" for address in ours), domain)


def create(door: Door, name: str, shape: HostRecords, ids: Ids) -> Mapping[str, str]:
    return _brought_to(door, name, shape.records, ids)


def update(door: Door, name: str, found: Found, shape: HostRecords, ids: Ids) -> Mapping[str, str] | None:
    return _brought_to(door, name, shape.records, ids) if found.shape != shape else None


def delete(door: Door, name: str, found: Found, ids: Ids) -> None:
    _brought_to(door, name, (), ids)


def _brought_to(door: Door, name: str, wanted: Collection[Record], ids: Ids) -> dict[str, str]:
    """AWS: a deletion names the record as it is, and one batch makes an alias of a CNAME without a moment of neither."""
    zone_id = zone_of(door, name, ids)
    listed = records_of(door, zone_id, StartRecordName=name, StartRecordType="A")
    there: dict[str, Document] = {}
    for record in listed:
        if record["Name"].rstrip(".") != name:
            break
        if record["Type"] in TYPES:
            there[record["Type"]] = record
    changes = list(_changes(name, there, {one.id: _document(name, one, ids) for one in wanted}))
    return change(door, zone_id, name, changes) if changes else {}


def _changes(name: str, there: Mapping[str, Document], wanted: Mapping[str, Document]) -> Iterator[Change]:
    for kind in sorted(there.keys() - wanted.keys()):
        yield "DELETE", there[kind]
    for kind in sorted(wanted):
        yield "UPSERT", wanted[kind]


def _document(name: str, record: Record, ids: Ids) -> Document:
    if not record.alias:
        values = [{"Value": value} for value in record.values]
        return {"Name": name, "Type": record.id, "TTL": record.ttl, "ResourceRecords": values}
    alias = {
        "HostedZoneId": CLOUDFRONT_ZONE,
        "DNSName": _domain(record.alias, ids),
        "EvaluateTargetHealth": False,
    }
    return {"Name": name, "Type": record.id, "AliasTarget": alias}


def _domain(alias: str, ids: Ids) -> str:
    """Raises NotThereYet for a distribution of ours that is not made yet."""
    account, slash, name = alias.partition("/")
    if not slash:
        return alias
    address = Address(DISTRIBUTION, account, name)
    found = ids.told.get(address, {}).get("domain")
    if not found:
        raise NotThereYet(
            f"The {address} is needed first, and where it answers is not known. Look again, then plan anew."
        )
    return found
