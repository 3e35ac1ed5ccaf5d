"""CloudFront functions: what viewers meet is what was published."""

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws.access import Account as Door
from aws.errors import AwsError
from provisioning.ids import Ids
from provisioning.kinds.found import Found, Refused, deleting
from provisioning.kinds.named import listed
from provisioning.shapes import EdgeFunction

AT_ONCE = 8
LIVE, DEVELOPMENT = "LIVE", "DEVELOPMENT"


def read(door: Door, names: Collection[str], ids: Ids) -> Mapping[str, Found | Refused]:
    """One listing, and one call for the code of each. AWS: one that was never published is not live."""
    items = {item["Name"]: item for item in listed(door, "ListFunctions", "FunctionList", Stage=LIVE)}
    there = [name for name in names if name in items]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return dict(zip(there, threads.map(lambda name: _found(door, items[name]), there), strict=True))


def _found(door: Door, item: dict[str, Any]) -> Found:
    code = door.download(
        "cloudfront", "GetFunction", item["Name"], "FunctionCode", Name=item["Name"], Stage=LIVE
    )
    shape = EdgeFunction(runtime=item["FunctionConfig"]["Runtime"], code=code.decode(errors="replace"))
    return Found(shape, aws_id=item["FunctionMetadata"]["FunctionARN"])


def create(door: Door, name: str, shape: EdgeFunction, ids: Ids) -> None:
    """AWS: made in development, then published. One that is there already is our own after a lost answer."""
    try:
        etag = door.write("cloudfront", "CreateFunction", name, Name=name, **_code(name, shape))["ETag"]
    except AwsError as error:
        if error.code != "FunctionAlreadyExists":
            raise
        etag = _written(door, name, shape)
    _publish(door, name, etag)


def update(door: Door, name: str, found: Found, shape: EdgeFunction, ids: Ids) -> None:
    """AWS: publishing changes every distribution that names the function, at once."""
    if found.shape != shape:
        _publish(door, name, _written(door, name, shape))


def _written(door: Door, name: str, shape: EdgeFunction) -> str:
    """What is in development is the wanted code; its ETag."""
    there = door.read("cloudfront", "DescribeFunction", name, Name=name, Stage=DEVELOPMENT)
    door.write("cloudfront", "UpdateFunction", name, Name=name, IfMatch=there["ETag"], **_code(name, shape))
    return _etag(door, name)


def _etag(door: Door, name: str) -> str:
    return str(door.read("cloudfront", "DescribeFunction", name, Name=name, Stage=DEVELOPMENT)["ETag"])


def _publish(door: Door, name: str, etag: str) -> None:
    door.write("cloudfront", "PublishFunction", name, Name=name, IfMatch=etag)


def _code(name: str, shape: EdgeFunction) -> dict[str, Any]:
    config = {"Comment": name, "Runtime": shape.runtime}
    return {"FunctionConfig": config, "FunctionCode": shape.code.encode()}


def delete(door: Door, name: str, found: Found, ids: Ids) -> None:
    """AWS: not while a distribution names it."""
    with deleting("FunctionInUse", f"A distribution still runs the function {name}, so it was not deleted."):
        door.write("cloudfront", "DeleteFunction", name, Name=name, IfMatch=_etag(door, name))
