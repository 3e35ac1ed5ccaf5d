"""The records that prove domains to certificates. They stay for ever: without them a certificate is not renewed."""

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Never

from aws.access import Account as Door
from provisioning.ids import Ids, NotThereYet, Told
from provisioning.kinds.found import Found, Refused, never_deleted
from provisioning.kinds.route53 import change, records_of, zone_of
from provisioning.shapes import Address, Proof

AT_ONCE = 8


def read(door: Door, names: Collection[str], ids: Ids) -> Mapping[str, Found | Refused]:
    """One call for each. Before its certificate and its zone are there, there is no record."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = dict(zip(names, threads.map(lambda name: _read(door, name, ids), names), strict=True))
    return {name: one for name, one in found.items() if one}


def _read(door: Door, name: str, ids: Ids) -> Found | None:
    wanted = _wanted(name, ids)
    if "record" not in wanted:
        return None
    try:
        zone_id = zone_of(door, wanted["record"], ids)
    except NotThereYet:
        return None
    record = _record(door, zone_id, wanted["record"])
    if record is None:
        return None
    value = record["ResourceRecords"][0]["Value"].rstrip(".")
    answer = "certificate" if value == wanted["value"] else value
    return Found(Proof(answer=answer, ttl=record["TTL"]))


def _wanted(name: str, ids: Ids) -> Told:
    """What ACM asks for: `record` and `value`."""
    domain, _, account = name.partition(":")
    return ids.told.get(Address("certificate", account, domain), {})


def _record(door: Door, zone_id: str, name: str) -> dict[str, Any] | None:
    first = next(iter(records_of(door, zone_id, StartRecordName=name, StartRecordType="CNAME")), None)
    return first if first and (first["Name"].rstrip("."), first["Type"]) == (name, "CNAME") else None


def create(door: Door, name: str, shape: Proof, ids: Ids) -> Mapping[str, str]:
    wanted = _wanted(name, ids)
    if "record" not in wanted:
        raise NotThereYet(
            f"ACM has not told which record proves {name.partition(':')[0]}. Look again, then go on."
        )
    record = {
        "Name": wanted["record"],
        "Type": "CNAME",
        "TTL": shape.ttl,
        "ResourceRecords": [{"Value": wanted["value"]}],
    }
    return change(door, zone_of(door, wanted["record"], ids), name, [("UPSERT", record)])


def update(door: Door, name: str, found: Found, shape: Proof, ids: Ids) -> Mapping[str, str] | None:
    return create(door, name, shape, ids) if found.shape != shape else None


def delete(door: Door, name: str, found: Found, ids: Ids) -> Never:
    never_deleted("the record that proves a certificate")
