"""Hosted zones: found by their id, or as the only public one of their name."""

import json
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Never

from aws.access import Account as Door
from aws.errors import AwsError, NotFound
from provisioning.delegation import not_delegated
from provisioning.ids import Ids
from provisioning.kinds.found import Found, Refused, never_deleted
from provisioning.kinds.host_records import strays
from provisioning.resolver import NoAnswer
from provisioning.shapes import Address, Zone

AT_ONCE = 8
KIND = "zone"


def read(door: Door, names: Collection[str], ids: Ids) -> Mapping[str, Found | Refused]:
    """One or two calls for each, and a question to the domain name system."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = dict(zip(names, threads.map(lambda name: _read(door, name, ids), names), strict=True))
    return {name: one for name, one in found.items() if one}


def _read(door: Door, name: str, ids: Ids) -> Found | Refused | None:
    try:
        zone_id = ids.known.get(Address(KIND, door.account_id, name)) or _by_name(door, name)
        if zone_id is None:
            return None
        answer = door.read("route53", "GetHostedZone", name, Id=zone_id)
    except NotFound:
        return None
    except Refused as refused:
        return refused
    servers = answer.get("DelegationSet", {}).get("NameServers", [])
    private = answer["HostedZone"]["Config"]["PrivateZone"]
    waits, unknown = ("", "") if private else _delegation(name, servers)
    found = {} if private else strays(door, zone_id, ids)
    told = {
        "name_servers": ",".join(sorted(servers)),
        "unknown": unknown,
        "strays": json.dumps({name: shape.as_json() for name, shape in sorted(found.items())}),
    }
    return Found(Zone(private=private), zone_id, told, waits_for=waits)


def _delegation(name: str, servers: Collection[str]) -> tuple[str, str]:
    """What is wrong with who is asked for the domain, or why that is not known."""
    try:
        return not_delegated(name, servers), ""
    except NoAnswer as silence:
        return "", str(silence)


def _by_name(door: Door, name: str) -> str | None:
    """AWS: the listing goes on with other names; several zones may have one."""
    answer = door.read("route53", "ListHostedZonesByName", name, DNSName=name)
    same = [one for one in answer["HostedZones"] if one["Name"] == f"{name}."]
    public = [_bare(one["Id"]) for one in same if not one["Config"]["PrivateZone"]]
    if len(public) > 1:
        raise Refused(
            f"There are {len(public)} hosted zones of {name}: {', '.join(sorted(public))}. Enter the id of the one that its "
            "registrar names in the settings of the product's hosted zone."
        )
    return public[0] if public else None


def _bare(zone_id: str) -> str:
    """AWS: ids come with a path before them."""
    return zone_id.rsplit("/", 1)[-1]


def create(door: Door, name: str, shape: Zone, ids: Ids) -> Mapping[str, str]:
    """AWS: a caller reference that was used already is 409; after a lost answer the zone is ours."""
    wish: dict[str, Any] = {"Name": name, "CallerReference": f"console:{name}"}
    try:
        answer = door.write("route53", "CreateHostedZone", name, **wish)
    except AwsError as error:
        found = _by_name(door, name) if error.code == "HostedZoneAlreadyExists" else None
        if found is None:
            raise
        return {"id": found}
    return {"id": _bare(answer["HostedZone"]["Id"])}


def update(door: Door, name: str, found: Found, shape: Zone, ids: Ids) -> None:
    if found.shape != shape:
        raise Refused(
            f"The hosted zone {found.aws_id} of {name} is private, and AWS makes none public. Enter the id of the public one "
            "in the settings of the product's hosted zone."
        )


def delete(door: Door, name: str, found: Found, ids: Ids) -> Never:
    never_deleted("a hosted zone")
