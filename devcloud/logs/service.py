"""Delivery of access logs: sources, destinations, and deliveries from one to the other."""

import json
import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from devcloud.cloudfront.state import Distribution
from devcloud.errors import AwsError
from devcloud.front import carry_out
from devcloud.s3.store import Bucket
from devcloud.wire import Reply, Request

Result = dict[str, Any]
Key = tuple[str, str]
DELIVERER = "delivery.logs.amazonaws.com"
_ALPHABET = string.ascii_letters + string.digits


@dataclass
class Logs:
    """Sources, destinations and the policies of these by account and name; deliveries by account and id."""

    sources: dict[Key, Result] = field(default_factory=dict)
    destinations: dict[Key, Result] = field(default_factory=dict)
    policies: dict[Key, str] = field(default_factory=dict)
    deliveries: dict[Key, Result] = field(default_factory=dict)


@dataclass(frozen=True)
class LogsCall:
    """A call with its parameters as boto3 names them."""

    request: Request
    params: dict[str, Any]
    logs: Logs
    distributions: Mapping[str, Distribution]
    buckets: Mapping[str, Bucket]

    @property
    def account(self) -> str:
        return self.request.principal.account

    def arn(self, kind: str, name: str) -> str:
        return f"arn:aws:logs:{self.request.region}:{self.account}:{kind}:{name}"

    def find(self, held: Mapping[Key, Result], name: str) -> Result:
        found = held.get((self.account, name))
        if found is None:
            raise AwsError("ResourceNotFoundException", 400, f"Requested resource {name} not found.")
        return found


def handle(
    request: Request, logs: Logs, distributions: Mapping[str, Distribution], buckets: Mapping[str, Bucket]
) -> Reply:
    """Carry out one call. Raises AwsError for every refusal."""
    return carry_out(
        request, OPERATIONS, lambda params: LogsCall(request, params, logs, distributions, buckets)
    )


def put_delivery_source(call: LogsCall) -> Result:
    """AWS: of CloudFront in us-east-1 alone; a distribution has one source for each type of log."""
    name, arn = call.params["name"], call.params["resourceArn"]
    if not any(each.arn == arn and each.account == call.account for each in call.distributions.values()):
        raise AwsError("ResourceNotFoundException", 400, f"The resource {arn} does not exist.")
    if call.request.region != "us-east-1":
        raise AwsError("ValidationException", 400, "Logs of CloudFront are delivered from us-east-1.")
    for (account, other), source in call.logs.sources.items():
        if account == call.account and other != name and arn in source["resourceArns"]:
            raise AwsError("ConflictException", 400, "Another delivery source has this resource.")
    known = call.logs.sources.get((call.account, name))
    if known and arn not in known["resourceArns"]:
        raise AwsError("ConflictException", 400, "The resource of a delivery source cannot be changed.")
    source = {
        "name": name,
        "arn": call.arn("delivery-source", name),
        "resourceArns": [arn],
        "service": "cloudfront",
        "logType": call.params["logType"],
    }
    call.logs.sources[call.account, name] = source
    return {"deliverySource": source}


def get_delivery_source(call: LogsCall) -> Result:
    return {"deliverySource": call.find(call.logs.sources, call.params["name"])}


def describe_delivery_sources(call: LogsCall) -> Result:
    return {"deliverySources": _mine(call, call.logs.sources)}


def delete_delivery_source(call: LogsCall) -> Result:
    """AWS: not while a delivery names it."""
    name = call.params["name"]
    call.find(call.logs.sources, name)
    if any(one["deliverySourceName"] == name for one in _mine(call, call.logs.deliveries)):
        raise AwsError("ConflictException", 400, "The delivery source is used by a delivery.")
    del call.logs.sources[call.account, name]
    return {}


def put_delivery_destination(call: LogsCall) -> Result:
    name = call.params["name"]
    made = {
        "name": name,
        "arn": call.arn("delivery-destination", name),
        "deliveryDestinationType": "S3",
        "outputFormat": call.params.get("outputFormat", "json"),
        "deliveryDestinationConfiguration": call.params["deliveryDestinationConfiguration"],
    }
    call.logs.destinations[call.account, name] = made
    return {"deliveryDestination": made}


def get_delivery_destination(call: LogsCall) -> Result:
    return {"deliveryDestination": call.find(call.logs.destinations, call.params["name"])}


def delete_delivery_destination(call: LogsCall) -> Result:
    """AWS: not while a delivery of any account leads there."""
    found = call.find(call.logs.destinations, call.params["name"])
    if any(one["deliveryDestinationArn"] == found["arn"] for one in call.logs.deliveries.values()):
        raise AwsError("ConflictException", 400, "The delivery destination is used by a delivery.")
    del call.logs.destinations[call.account, found["name"]]
    call.logs.policies.pop((call.account, found["name"]), None)
    return {}


def put_delivery_destination_policy(call: LogsCall) -> Result:
    name, text = call.params["deliveryDestinationName"], call.params["deliveryDestinationPolicy"]
    call.find(call.logs.destinations, name)
    json.loads(text)
    call.logs.policies[call.account, name] = text
    return {"policy": {"deliveryDestinationPolicy": text}}


def delete_delivery_destination_policy(call: LogsCall) -> Result:
    name = call.params["deliveryDestinationName"]
    call.find(call.logs.destinations, name)
    call.logs.policies.pop((call.account, name), None)
    return {}


def get_delivery_destination_policy(call: LogsCall) -> Result:
    """AWS: one without a policy has an empty answer."""
    name = call.params["deliveryDestinationName"]
    call.find(call.logs.destinations, name)
    text = call.logs.policies.get((call.account, name))
    return {"policy": {"deliveryDestinationPolicy": text}} if text else {}


def create_delivery(call: LogsCall) -> Result:
    """AWS: one from a source to a destination; another account must be let, and the bucket must let the service write."""
    source, arn = call.params["deliverySourceName"], call.params["deliveryDestinationArn"]
    call.find(call.logs.sources, source)
    destination = _destination(call, arn)
    for one in _mine(call, call.logs.deliveries):
        if (one["deliverySourceName"], one["deliveryDestinationArn"]) == (source, arn):
            raise AwsError("ConflictException", 400, "Delivery already exists.")
    _check_bucket(call, destination)
    made = {
        "id": "".join(secrets.choice(_ALPHABET) for _ in range(16)),
        "deliverySourceName": source,
        "deliveryDestinationArn": arn,
        "deliveryDestinationType": "S3",
        "s3DeliveryConfiguration": call.params.get("s3DeliveryConfiguration", {}),
    }
    made["arn"] = call.arn("delivery", made["id"])
    call.logs.deliveries[call.account, made["id"]] = made
    return {"delivery": made}


def _destination(call: LogsCall, arn: str) -> Result:
    for (account, name), one in call.logs.destinations.items():
        if one["arn"] != arn:
            continue
        if account == call.account or call.account in call.logs.policies.get((account, name), ""):
            return one
        raise AwsError(
            "AccessDeniedException", 400, "The destination's policy does not let this account deliver."
        )
    raise AwsError("ResourceNotFoundException", 400, f"The delivery destination {arn} does not exist.")


def _check_bucket(call: LogsCall, destination: Result) -> None:
    arn = destination["deliveryDestinationConfiguration"]["destinationResourceArn"]
    bucket = call.buckets.get(arn.rpartition(":")[2])
    policy = (bucket.policy or "") if bucket else ""
    if DELIVERER not in policy or call.account not in policy:
        raise AwsError(
            "AccessDeniedException", 400, "The bucket's policy does not let the service deliver logs."
        )


def describe_deliveries(call: LogsCall) -> Result:
    return {"deliveries": _mine(call, call.logs.deliveries)}


def delete_delivery(call: LogsCall) -> Result:
    found = call.find(call.logs.deliveries, call.params["id"])
    del call.logs.deliveries[call.account, found["id"]]
    return {}


def _mine(call: LogsCall, held: Mapping[Key, Result]) -> list[Result]:
    return [one for (account, _), one in held.items() if account == call.account]


OPERATIONS: Mapping[str, Callable[[LogsCall], Result]] = {
    "PutDeliverySource": put_delivery_source,
    "GetDeliverySource": get_delivery_source,
    "DescribeDeliverySources": describe_delivery_sources,
    "DeleteDeliverySource": delete_delivery_source,
    "PutDeliveryDestination": put_delivery_destination,
    "GetDeliveryDestination": get_delivery_destination,
    "DeleteDeliveryDestination": delete_delivery_destination,
    "PutDeliveryDestinationPolicy": put_delivery_destination_policy,
    "GetDeliveryDestinationPolicy": get_delivery_destination_policy,
    "DeleteDeliveryDestinationPolicy": delete_delivery_destination_policy,
    "CreateDelivery": create_delivery,
    "DescribeDeliveries": describe_deliveries,
    "DeleteDelivery": delete_delivery,
}
