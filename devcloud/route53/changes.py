"""Batches of changes: all of one or nothing of it, and what AWS refuses."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from devcloud.errors import AwsError
from devcloud.route53.state import CLOUDFRONT_ZONE, Key, Record, Zone, dotted, values_of

Change = dict[str, Any]


def change_records(zone: Zone, changes: Iterable[Change]) -> None:
    """Change the zone. Raises AwsError InvalidChangeBatch or InvalidInput, and then nothing was changed."""
    batch = [(change["Action"], _tidy(change["ResourceRecordSet"])) for change in changes]
    _refuse_twice(batch)
    after = dict(zone.records)
    for action, record in batch:
        _check(zone, record)
        _one(after, action, record)
    for key in after:
        _check_neighbours(zone, after, key)
    if {("SOA"), ("NS")} - {kind for name, kind in after if name == zone.name}:
        raise _invalid("A HostedZone must contain at least one NS record and exactly one SOA record.")
    zone.records = after


def _tidy(record: Record) -> Record:
    tidy = {**record, "Name": dotted(record["Name"])}
    if alias := record.get("AliasTarget"):
        tidy["AliasTarget"] = {**alias, "DNSName": dotted(alias["DNSName"])}
    return tidy


def _refuse_twice(batch: list[tuple[str, Record]]) -> None:
    """AWS: one record may be deleted and made again in a batch, but not twice changed in the same way."""
    counts = Counter((action, record["Name"], record["Type"]) for action, record in batch)
    for (_, name, kind), count in counts.items():
        if count > 1:
            raise _invalid(
                f"The request contains an invalid set of changes for a resource record set '{kind} {name}'"
            )


def _one(records: dict[Key, Record], action: str, record: Record) -> None:
    """AWS: a deletion needs the record as it is now."""
    key = record["Name"], record["Type"]
    told = f"[name='{record['Name']}', type='{record['Type']}']"
    if action == "CREATE" and key in records:
        raise _invalid(f"Tried to create resource record set {told} but it already exists")
    if action != "DELETE":
        records[key] = record
    elif key not in records:
        raise _invalid(f"Tried to delete resource record set {told} but it was not found")
    elif not _same(records[key], record):
        raise _invalid(
            f"Tried to delete resource record set {told} but the values provided do not match the current values"
        )
    else:
        del records[key]


def _same(one: Record, other: Record) -> bool:
    plain = [
        {name: value for name, value in each.items() if name != "ResourceRecords"} for each in (one, other)
    ]
    return plain[0] == plain[1] and values_of(one) == values_of(other)


def _check(zone: Zone, record: Record) -> None:
    name, kind, alias = record["Name"], record["Type"], record.get("AliasTarget")
    if not zone.holds(name):
        raise _invalid(f"RRSet with DNS name {name} is not permitted in zone {zone.name}")
    if kind == "CNAME" and name == zone.name:
        raise _invalid(
            f"RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {zone.name}"
        )
    if bool(alias) == bool(record.get("ResourceRecords")):
        raise AwsError("InvalidInput", 400, "A record has either an alias target or resource records.")
    if alias:
        _check_alias(record, alias)
    elif "TTL" not in record:
        raise AwsError("InvalidInput", 400, "Missing field 'TTL' in resource record set.")


def _check_alias(record: Record, alias: dict[str, Any]) -> None:
    if "TTL" in record:
        raise AwsError("InvalidInput", 400, "An alias record must not have a TTL.")
    if alias["HostedZoneId"] != CLOUDFRONT_ZONE:
        return
    if not alias["DNSName"].endswith(".cloudfront.net."):
        raise _invalid(
            f"Tried to create an alias that targets {alias['DNSName']}, type {record['Type']} in zone {CLOUDFRONT_ZONE}, "
            "but the alias target name does not lie within the target zone"
        )
    if alias["EvaluateTargetHealth"]:
        raise AwsError(
            "InvalidInput", 400, "EvaluateTargetHealth must be false for a CloudFront distribution."
        )


def _check_neighbours(zone: Zone, records: dict[Key, Record], key: Key) -> None:
    name, kind = key
    if kind == "CNAME" and any(other == name and each != kind for other, each in records):
        raise _invalid(
            f"RRSet of type CNAME with DNS name {name} is not permitted as it conflicts with other records with the same "
            f"DNS name in zone {zone.name}"
        )


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidChangeBatch", 400, f"[{message}]")
