"""Origin access controls of CloudFront: how distributions sign what they ask S3 for."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from aws.access import Account as Door
from aws.errors import AwsError, NotFound
from provisioning.ids import Ids
from provisioning.kinds.found import Found, Refused
from provisioning.shapes import AccessControl

EXISTS, USED = "OriginAccessControlAlreadyExists", "OriginAccessControlInUse"


def read(door: Door, names: Collection[str], ids: Ids) -> Mapping[str, Found]:
    """One listing for all. AWS: names are unique in the account; the listing tells no ETag."""
    return {item["Name"]: _found(item) for item in _all(door) if item["Name"] in set(names)}


def _all(door: Door) -> Iterator[dict[str, Any]]:
    page: dict[str, Any] = {}
    while True:
        answer = door.read("cloudfront", "ListOriginAccessControls", "", **page)["OriginAccessControlList"]
        yield from answer.get("Items", ())
        if not answer.get("NextMarker"):
            return
        page = {"Marker": answer["NextMarker"]}


def _found(item: Mapping[str, Any]) -> Found:
    shape = AccessControl(
        signing=item["SigningBehavior"],
        protocol=item["SigningProtocol"],
        origin=item["OriginAccessControlOriginType"],
    )
    return Found(shape, aws_id=item["Id"])


def _config(name: str, shape: AccessControl) -> dict[str, str]:
    return {
        "Name": name,
        "SigningProtocol": shape.protocol,
        "SigningBehavior": shape.signing,
        "OriginAccessControlOriginType": shape.origin,
    }


def create(door: Door, name: str, shape: AccessControl, ids: Ids) -> None:
    config = _config(name, shape)
    try:
        door.write("cloudfront", "CreateOriginAccessControl", name, OriginAccessControlConfig=config)
    except AwsError as error:
        if error.code != EXISTS:
            raise
        update(door, name, read(door, [name], ids)[name], shape, ids)


def update(door: Door, name: str, found: Found, shape: AccessControl, ids: Ids) -> None:
    """AWS: the configuration is replaced, on condition of the ETag just read."""
    if found.shape == shape:
        return
    etag = door.read("cloudfront", "GetOriginAccessControl", name, Id=found.aws_id)["ETag"]
    config = _config(name, shape)
    door.write(
        "cloudfront",
        "UpdateOriginAccessControl",
        name,
        Id=found.aws_id,
        IfMatch=etag,
        OriginAccessControlConfig=config,
    )


def delete(door: Door, name: str, found: Found) -> None:
    """AWS: not while a distribution names it."""
    try:
        etag = door.read("cloudfront", "GetOriginAccessControl", name, Id=found.aws_id)["ETag"]
        door.write("cloudfront", "DeleteOriginAccessControl", name, Id=found.aws_id, IfMatch=etag)
    except NotFound:
        return
    except AwsError as error:
        if error.code != USED:
            raise
        raise Refused(
            f"A distribution still uses the origin access control {name}, so it was not deleted."
        ) from error
