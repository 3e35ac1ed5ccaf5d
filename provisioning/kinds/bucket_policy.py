"""The policies of S3 buckets: who besides the bucket's account may use it."""

import json
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor

from aws.access import Account as Door
from aws.errors import NotFound
from provisioning.ids import Ids
from provisioning.kinds.found import Found, deleting
from provisioning.kinds.policy_document import statements_in, written
from provisioning.shapes import BucketPolicy

AT_ONCE = 16


def read(door: Door, names: Collection[str], ids: Ids) -> Mapping[str, Found]:
    """One call each, several at a time."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        texts = dict(zip(names, threads.map(lambda name: _text(door, name), names), strict=True))
    return {
        name: Found(BucketPolicy(statements=statements_in(json.loads(text), door.account_id, ids)))
        for name, text in texts.items()
        if text
    }


def create(door: Door, name: str, shape: BucketPolicy, ids: Ids) -> None:
    text = written(shape.statements, door.account_id, ids)
    door.write("s3", "PutBucketPolicy", name, Bucket=name, ExpectedBucketOwner=door.account_id, Policy=text)


def update(door: Door, name: str, found: Found, shape: BucketPolicy, ids: Ids) -> None:
    create(door, name, shape, ids)


def delete(door: Door, name: str, found: Found, ids: Ids) -> None:
    with deleting():
        door.write("s3", "DeleteBucketPolicy", name, Bucket=name, ExpectedBucketOwner=door.account_id)


def _text(door: Door, name: str) -> str:
    """AWS: 404 for a bucket without a policy as for none."""
    try:
        answer = door.read("s3", "GetBucketPolicy", name, Bucket=name, ExpectedBucketOwner=door.account_id)
    except NotFound:
        return ""
    return str(answer["Policy"])
