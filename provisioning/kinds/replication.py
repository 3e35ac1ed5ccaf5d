"""S3's own copying of a bucket into another one."""

import json
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws.access import Account as Door
from aws.errors import AwsError, NotFound
from aws.replication_policies import role_arn
from provisioning.ids import Ids
from provisioning.kinds.found import Found, NotReady, Refused, deleting
from provisioning.shapes import Replication

AT_ONCE = 16
SPREADING_SECONDS = 5.0
RULE = "console"
BUCKET = "arn:aws:s3:::"


def read(door: Door, names: Collection[str], ids: Ids) -> Mapping[str, Found]:
    """One call each, several at a time."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        told = dict(zip(names, threads.map(lambda name: _told(door, name), names), strict=True))
    return {name: Found(_shape(one, door.account_id)) for name, one in told.items() if one}


def create(door: Door, name: str, shape: Replication, ids: Ids) -> None:
    """AWS: all rules are replaced, and what was there before is not copied.

    That a bucket keeps versions is known everywhere only after a while. Raises NotReady until then, Refused in words.
    """
    rule = {
        "ID": RULE,
        "Priority": 1,
        "Filter": {},
        "Status": "Enabled",
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "Destination": {"Bucket": BUCKET + shape.to},
    }
    config = {"Role": role_arn(door.account_id, shape.role), "Rules": [rule]}
    try:
        door.write("s3", "PutBucketReplication", name, **_of(door, name), ReplicationConfiguration=config)
    except AwsError as error:
        if error.code != "InvalidRequest":
            raise
        if "versioning" in error.message.lower():
            raise NotReady(
                SPREADING_SECONDS, f"S3 does not know yet that {name} and {shape.to} keep versions."
            ) from error
        raise Refused(
            f"S3 does not copy {name} to {shape.to}: {error.message} Look again, then plan anew."
        ) from error


def update(door: Door, name: str, found: Found, shape: Replication, ids: Ids) -> None:
    create(door, name, shape, ids)


def delete(door: Door, name: str, found: Found, ids: Ids) -> None:
    """What was copied stays where it is."""
    with deleting():
        door.write("s3", "DeleteBucketReplication", name, **_of(door, name))


def _told(door: Door, name: str) -> Mapping[str, Any] | None:
    """AWS: 404 for a bucket without, as for none."""
    try:
        answer = door.read("s3", "GetBucketReplication", name, **_of(door, name))
    except NotFound:
        return None
    config: Mapping[str, Any] = answer["ReplicationConfiguration"]
    return config


def _shape(config: Mapping[str, Any], account: str) -> Replication:
    rules = {rule["ID"]: rule for rule in config["Rules"]}
    ours = rules.pop(RULE, {})
    target = dict(ours.get("Destination", {}))
    only = {name: value for name, value in ours.get("Filter", {}).items() if value}
    return Replication(
        role=config["Role"].removeprefix(role_arn(account, "")),
        to=target.pop("Bucket", "").removeprefix(BUCKET),
        enabled=ours.get("Status") == "Enabled",
        deletions=ours.get("DeleteMarkerReplication", {}).get("Status") == "Enabled",
        only=json.dumps(only, sort_keys=True) if only else "",
        changed=json.dumps(target, sort_keys=True) if target else "",
        other=tuple(sorted(rules)),
    )


def _of(door: Door, name: str) -> dict[str, str]:
    return {"Bucket": name, "ExpectedBucketOwner": door.account_id}
