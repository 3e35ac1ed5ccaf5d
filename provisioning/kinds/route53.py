"""Records of a hosted zone: listing them, and changing several at once."""

from collections.abc import Collection, Iterator
from typing import Any

from aws.access import Account as Door
from provisioning.ids import Ids, NotThereYet

Document = dict[str, Any]
Change = tuple[str, Document]


def zone_of(door: Door, hostname: str, ids: Ids) -> str:
    """The id of the account's zone that holds a name: the nearest one. Raises NotThereYet."""
    own = {a.name: zone_id for a, zone_id in ids.of_kind("zone").items() if a.account == door.account_id}
    holding = [name for name in own if hostname == name or hostname.endswith(f".{name}")]
    if not holding:
        raise NotThereYet(
            f"The hosted zone that holds {hostname} is needed first, and AWS's id of it is not known. Look at the estate, then "
            "plan anew."
        )
    return own[max(holding, key=len)]


def records_of(door: Door, zone_id: str, **first: str) -> Iterator[Document]:
    """The record sets of a zone, or those from a name on, page by page. AWS: 300 at a time, names with a dot at the end."""
    page: Document = dict(first)
    while True:
        answer = door.read("route53", "ListResourceRecordSets", zone_id, HostedZoneId=zone_id, **page)
        yield from answer["ResourceRecordSets"]
        if not answer["IsTruncated"]:
            return
        page = {
            "StartRecordName": answer["NextRecordName"],
            "StartRecordType": answer["NextRecordType"],
            **(
                {"StartRecordIdentifier": answer["NextRecordIdentifier"]}
                if "NextRecordIdentifier" in answer
                else {}
            ),
        }


def change(door: Door, zone_id: str, name: str, changes: Collection[Change]) -> dict[str, str]:
    """AWS: all of a batch or nothing of it. What `in_sync` asks later."""
    batch = [{"Action": action, "ResourceRecordSet": record} for action, record in changes]
    answer = door.write(
        "route53", "ChangeResourceRecordSets", name, HostedZoneId=zone_id, ChangeBatch={"Changes": batch}
    )
    return {"change": answer["ChangeInfo"]["Id"].rsplit("/", 1)[-1]}


def in_sync(door: Door, name: str, change_id: str) -> bool:
    """AWS: all of its own name servers have the change; resolvers keep what they knew for as long as they were told."""
    answer = door.read("route53", "GetChange", name, Id=change_id)
    return bool(answer["ChangeInfo"]["Status"] == "INSYNC")
