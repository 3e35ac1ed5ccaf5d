"""Additional metrics of distributions."""

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor

from aws.access import Account as Door
from aws.errors import AwsError, NotFound
from provisioning.ids import Ids
from provisioning.kinds.found import Found, Refused, deleting
from provisioning.shapes import Address, Monitoring

AT_ONCE = 8
CONFIG = "RealtimeMetricsSubscriptionConfig"
STATUS = "RealtimeMetricsSubscriptionStatus"


def read(door: Door, names: Collection[str], ids: Ids) -> Mapping[str, Found | Refused]:
    """One call for each. Before its distribution is there, there are none."""
    known = {name: aws_id for name in names if (aws_id := ids.known.get(_of(door, name)))}
    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = dict(zip(known, threads.map(lambda aws_id: _read(door, aws_id), known.values()), strict=True))
    return {name: one for name, one in found.items() if one}


def _of(door: Door, name: str) -> Address:
    return Address("distribution", door.account_id, name)


def _read(door: Door, aws_id: str) -> Found | None:
    try:
        answer = door.read("cloudfront", "GetMonitoringSubscription", aws_id, DistributionId=aws_id)
    except NotFound:
        return None
    return Found(Monitoring(status=answer["MonitoringSubscription"][CONFIG][STATUS]))


def create(door: Door, name: str, shape: Monitoring, ids: Ids) -> None:
    """AWS: one that is there already is 409, and as wished after a lost answer."""
    aws_id, wish = ids.of(_of(door, name)), {CONFIG: {STATUS: shape.status}}
    try:
        door.write(
            "cloudfront",
            "CreateMonitoringSubscription",
            aws_id,
            DistributionId=aws_id,
            MonitoringSubscription=wish,
        )
    except AwsError as error:
        if error.code != "MonitoringSubscriptionAlreadyExists":
            raise


def update(door: Door, name: str, found: Found, shape: Monitoring, ids: Ids) -> None:
    """AWS: a subscription is not changed; another one takes its place."""
    if found.shape != shape:
        delete(door, name, found, ids)
        create(door, name, shape, ids)


def delete(door: Door, name: str, found: Found, ids: Ids) -> None:
    aws_id = ids.of(_of(door, name))
    with deleting():
        door.write("cloudfront", "DeleteMonitoringSubscription", aws_id, DistributionId=aws_id)
