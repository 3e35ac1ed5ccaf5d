"""Deliveries of distributions' access logs: a source named like the distribution, and a delivery from it."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from aws.access import Account as Door
from aws.errors import AwsError
from provisioning.ids import Ids
from provisioning.kinds.found import Found, Refused, deleting
from provisioning.kinds.log_destination import TAGS, arn
from provisioning.shapes import Address, LogDelivery

SOURCES, DELIVERIES = ("DescribeDeliverySources", "deliverySources"), ("DescribeDeliveries", "deliveries")
Document = dict[str, Any]


def read(door: Door, names: Collection[str], ids: Ids) -> Mapping[str, Found | Refused]:
    """Two listings for all."""
    sources = {one["name"] for one in _listed(door, *SOURCES)}
    deliveries = {one["deliverySourceName"]: one for one in _listed(door, *DELIVERIES)}
    return {name: _found(deliveries.get(name)) for name in names if name in sources}


def _listed(door: Door, operation: str, key: str) -> Iterator[Document]:
    page: Document = {}
    while True:
        answer = door.read("logs", operation, "", **page)
        yield from answer.get(key, ())
        if not answer.get("nextToken"):
            return
        page["nextToken"] = answer["nextToken"]


def _found(delivery: Document | None) -> Found:
    """A source without a delivery delivers nowhere."""
    if delivery is None:
        return Found(LogDelivery(destination=""))
    account, name = (delivery["deliveryDestinationArn"].split(":")[place] for place in (4, 6))
    path = delivery.get("s3DeliveryConfiguration", {}).get("suffixPath", "")
    # AWS shows before it what it puts there by itself.
    path = path.partition("/CloudFront/")[2] or path
    return Found(LogDelivery(destination=f"{account}/{name}", path=path), delivery["id"])


def create(door: Door, name: str, shape: LogDelivery, ids: Ids) -> None:
    """AWS: a delivery that is there already is a conflict, and after a lost answer our own."""
    distribution = ids.of(Address("distribution", door.account_id, name))
    resource = f"arn:aws:cloudfront::{door.account_id}:distribution/{distribution}"
    door.write(
        "logs", "PutDeliverySource", name, name=name, resourceArn=resource, logType="ACCESS_LOGS", tags=TAGS
    )
    account, _, destination = shape.destination.partition("/")
    config = {"suffixPath": shape.path, "enableHiveCompatiblePath": False}
    try:
        door.write(
            "logs",
            "CreateDelivery",
            name,
            deliverySourceName=name,
            deliveryDestinationArn=arn(account, destination),
            s3DeliveryConfiguration=config,
            tags=TAGS,
        )
    except AwsError as error:
        if error.code != "ConflictException":
            raise


def update(door: Door, name: str, found: Found, shape: LogDelivery, ids: Ids) -> None:
    """AWS: where a delivery leads is not changed; another one takes its place."""
    if found.shape != shape:
        _end(door, found)
        create(door, name, shape, ids)


def delete(door: Door, name: str, found: Found, ids: Ids) -> None:
    """AWS: a source goes after its deliveries."""
    _end(door, found)
    with deleting():
        door.write("logs", "DeleteDeliverySource", name, name=name)


def _end(door: Door, found: Found) -> None:
    if found.aws_id:
        with deleting():
            door.write("logs", "DeleteDelivery", found.aws_id, id=found.aws_id)
