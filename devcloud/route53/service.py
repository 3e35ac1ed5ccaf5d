"""The front of Route 53: which function does an operation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from devcloud.errors import AwsError, not_implemented
from devcloud.front import carry_out
from devcloud.route53.changes import change_records
from devcloud.route53.state import Zone, Zones, dotted, in_dns_order, new_id
from devcloud.settings import Settings
from devcloud.wire import Reply, Request

Result = dict[str, Any]
LARGEST_PAGE = 300


@dataclass(frozen=True)
class ZoneCall:
    """A call to Route 53 with its parameters as boto3 names them."""

    request: Request
    params: dict[str, Any]
    zones: Zones
    settings: Settings

    @property
    def mine(self) -> list[Zone]:
        return [zone for zone in self.zones.zones.values() if zone.account == self.request.principal.account]

    def zone(self, name: str) -> Zone:
        """Raises AwsError NoSuchHostedZone, also for another account's."""
        zone_id = self.params[name].rsplit("/", 1)[-1]
        found = self.zones.zones.get(zone_id)
        if found is None or found not in self.mine:
            raise AwsError("NoSuchHostedZone", 404, f"No hosted zone found with ID: {zone_id}")
        return found

    def change(self) -> Result:
        change_id = new_id("C")
        now = self.request.now
        self.zones.changes[change_id] = (self.request.principal.account, now + self.settings.dns_seconds)
        return self.shown_change(change_id)

    def shown_change(self, change_id: str) -> Result:
        in_sync = self.request.now >= self.zones.changes[change_id][1]
        status = "INSYNC" if in_sync else "PENDING"
        return {"Id": f"/change/{change_id}", "Status": status, "SubmittedAt": "2026-01-01T00:00:00Z"}


def handle(request: Request, zones: Zones, settings: Settings) -> Reply:
    """Carry out one Route 53 call. Raises AwsError for every refusal."""
    return carry_out(request, OPERATIONS, lambda params: ZoneCall(request, params, zones, settings))


def create_hosted_zone(call: ZoneCall) -> Result:
    """AWS: a caller reference makes one zone; several zones may have one name."""
    reference = call.params["CallerReference"]
    if any(zone.reference == reference for zone in call.mine):
        message = f"A hosted zone has already been created with the specified caller reference {reference}."
        raise AwsError("HostedZoneAlreadyExists", 409, message)
    if "VPC" in call.params:
        raise not_implemented("route53", "CreateHostedZone with a VPC")
    comment = call.params.get("HostedZoneConfig", {}).get("Comment", "")
    name = dotted(call.params["Name"])
    zone = Zone(new_id("Z"), call.request.principal.account, name, reference, comment)
    call.zones.zones[zone.id] = zone
    location = f"https://route53.amazonaws.com/2013-04-01/hostedzone/{zone.id}"
    return {**_with_servers(zone), "ChangeInfo": call.change(), "Location": location}


def get_hosted_zone(call: ZoneCall) -> Result:
    return _with_servers(call.zone("Id"))


def list_hosted_zones(call: ZoneCall) -> Result:
    return {
        "HostedZones": [_shown(zone) for zone in call.mine],
        "IsTruncated": False,
        "MaxItems": "100",
        "Marker": "",
    }


def list_hosted_zones_by_name(call: ZoneCall) -> Result:
    """AWS: not those of the name alone, but all from there on, in order of their labels."""
    first = in_dns_order((dotted(call.params.get("DNSName", ".")), ""))
    size = int(call.params.get("MaxItems", 100))
    ordered = sorted(call.mine, key=lambda zone: in_dns_order((zone.name, zone.id)))
    found = [zone for zone in ordered if in_dns_order((zone.name, zone.id)) >= first]
    page: Result = {"HostedZones": [_shown(zone) for zone in found[:size]], "MaxItems": str(size)}
    page["IsTruncated"] = len(found) > size
    if page["IsTruncated"]:
        page |= {"NextDNSName": found[size].name, "NextHostedZoneId": found[size].id}
    return page


def delete_hosted_zone(call: ZoneCall) -> Result:
    zone = call.zone("Id")
    if len(zone.records) > 2:
        message = (
            "The specified hosted zone contains non-required resource record sets and so cannot be deleted."
        )
        raise AwsError("HostedZoneNotEmpty", 400, message)
    del call.zones.zones[zone.id]
    return {"ChangeInfo": call.change()}


def change_resource_record_sets(call: ZoneCall) -> Result:
    zone = call.zone("HostedZoneId")
    changes = call.params["ChangeBatch"]["Changes"]
    if not changes:
        raise AwsError("InvalidInput", 400, "At least one change is needed.")
    change_records(zone, changes)
    return {"ChangeInfo": call.change()}


def list_resource_record_sets(call: ZoneCall) -> Result:
    """AWS: from a name and type on, 300 at most."""
    zone, params = call.zone("HostedZoneId"), call.params
    size = min(int(params.get("MaxItems", LARGEST_PAGE)), LARGEST_PAGE)
    keys = sorted(zone.records, key=in_dns_order)
    if "StartRecordName" in params:
        first = in_dns_order((dotted(params["StartRecordName"]), params.get("StartRecordType", "")))
        keys = [key for key in keys if in_dns_order(key) >= first]
    page: Result = {"ResourceRecordSets": [zone.records[key] for key in keys[:size]], "MaxItems": str(size)}
    page["IsTruncated"] = len(keys) > size
    if page["IsTruncated"]:
        page |= {"NextRecordName": keys[size][0], "NextRecordType": keys[size][1]}
    return page


def get_change(call: ZoneCall) -> Result:
    change_id = call.params["Id"].rsplit("/", 1)[-1]
    if call.zones.changes.get(change_id, ("", 0))[0] != call.request.principal.account:
        raise AwsError("NoSuchChange", 404, f"Could not find resource with ID: {change_id}")
    return {"ChangeInfo": call.shown_change(change_id)}


def _shown(zone: Zone) -> Result:
    return {
        "Id": f"/hostedzone/{zone.id}",
        "Name": zone.name,
        "CallerReference": zone.reference,
        "Config": {"Comment": zone.comment, "PrivateZone": False},
        "ResourceRecordSetCount": len(zone.records),
    }


def _with_servers(zone: Zone) -> Result:
    return {"HostedZone": _shown(zone), "DelegationSet": {"NameServers": zone.name_servers}}


OPERATIONS: Mapping[str, Callable[[ZoneCall], Result]] = {
    "CreateHostedZone": create_hosted_zone,
    "GetHostedZone": get_hosted_zone,
    "ListHostedZones": list_hosted_zones,
    "ListHostedZonesByName": list_hosted_zones_by_name,
    "DeleteHostedZone": delete_hosted_zone,
    "ChangeResourceRecordSets": change_resource_record_sets,
    "ListResourceRecordSets": list_resource_record_sets,
    "GetChange": get_change,
}
