"""Destinations of access logs, which AWS keeps in us-east-1 whatever Region the bucket is in."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from aws.access import Account as Door
from aws.errors import NotFound
from provisioning.ids import Ids
from provisioning.kinds.found import Found, Refused, deleting
from provisioning.shapes import LogDestination

TAGS = {"managed-by": "tim-combo-console"}
BUCKET = "arn:aws:s3:::"
DELIVER = "logs:CreateDelivery"


def arn(account: str, name: str) -> str:
    return f"arn:aws:logs:us-east-1:{account}:delivery-destination:{name}"


def read(door: Door, names: Collection[str], ids: Ids) -> Mapping[str, Found | Refused]:
    """Two calls for each."""
    found = {name: _read(door, name) for name in names}
    return {name: one for name, one in found.items() if one}


def _read(door: Door, name: str) -> Found | None:
    try:
        told = door.read("logs", "GetDeliveryDestination", name, name=name)["deliveryDestination"]
    except NotFound:
        return None
    bucket = told["deliveryDestinationConfiguration"]["destinationResourceArn"].removeprefix(BUCKET)
    accounts = tuple(sorted(_accounts(_policy_of(door, name))))
    return Found(
        LogDestination(bucket=bucket, format=told.get("outputFormat", ""), accounts=accounts), told["arn"]
    )


def _policy_of(door: Door, name: str) -> dict[str, Any]:
    """Who else may deliver; nobody where there is none."""
    try:
        answer = door.read("logs", "GetDeliveryDestinationPolicy", name, deliveryDestinationName=name)
    except NotFound:
        return {}
    text = answer.get("policy", {}).get("deliveryDestinationPolicy")
    return dict(json.loads(text)) if text else {}


def _accounts(policy: Mapping[str, Any]) -> set[str]:
    """Those that may deliver."""
    principals = [one.get("Principal", {}).get("AWS", ()) for one in policy.get("Statement", ())]
    named = [each for one in principals for each in (one if isinstance(one, list) else [one])]
    return {each.split(":")[4] if each.startswith("arn:") else each for each in named}


def create(door: Door, name: str, shape: LogDestination, ids: Ids) -> None:
    """AWS: what is there by this name is replaced."""
    config = {"destinationResourceArn": f"{BUCKET}{shape.bucket}"}
    door.write(
        "logs",
        "PutDeliveryDestination",
        name,
        name=name,
        outputFormat=shape.format,
        deliveryDestinationConfiguration=config,
        tags=TAGS,
    )
    if shape.accounts:
        text = json.dumps(_policy(door.account_id, name, shape.accounts))
        door.write(
            "logs",
            "PutDeliveryDestinationPolicy",
            name,
            deliveryDestinationName=name,
            deliveryDestinationPolicy=text,
        )


def _policy(account: str, name: str, accounts: Collection[str]) -> dict[str, Any]:
    statement = {
        "Sid": "AllowDelivery",
        "Effect": "Allow",
        "Principal": {"AWS": list(accounts)},
        "Action": DELIVER,
        "Resource": arn(account, name),
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def update(door: Door, name: str, found: Found, shape: LogDestination, ids: Ids) -> None:
    if found.shape == shape:
        return
    create(door, name, shape, ids)
    if not shape.accounts:
        _let_nobody_else(door, name)


def _let_nobody_else(door: Door, name: str) -> None:
    with deleting():
        door.write("logs", "DeleteDeliveryDestinationPolicy", name, deliveryDestinationName=name)


def delete(door: Door, name: str, found: Found, ids: Ids) -> None:
    """AWS: not while a delivery leads there."""
    with deleting("ConflictException", f"Logs are still delivered to {name}, so it was not deleted."):
        door.write("logs", "DeleteDeliveryDestination", name, name=name)
