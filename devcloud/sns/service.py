"""Topics: create, read, change, delete, list. Nothing is delivered."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from devcloud.errors import AwsError
from devcloud.front import carry_out
from devcloud.wire import Reply, Request

Result = dict[str, Any]
LONGEST_TITLE = 100


@dataclass
class Topic:
    """A topic with what was set of it."""

    arn: str
    account: str
    attributes: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


Topics = dict[str, Topic]
"""By ARN, those of all accounts."""


@dataclass(frozen=True)
class SnsCall:
    """A call with its parameters as boto3 names them."""

    request: Request
    params: dict[str, Any]
    topics: Topics

    def topic(self) -> Topic:
        """Raises AwsError NotFound, also for another account's."""
        found = self.topics.get(self.params["TopicArn"])
        if found is None or found.account != self.request.principal.account:
            raise AwsError("NotFound", 404, "Topic does not exist")
        return found


def handle(request: Request, topics: Topics) -> Reply:
    """Carry out one call. Raises AwsError for every refusal."""
    return carry_out(request, OPERATIONS, lambda params: SnsCall(request, params, topics))


def create_topic(call: SnsCall) -> Result:
    """AWS: a name makes one topic; asked for again with other attributes or tags, it is refused."""
    name = call.params["Name"]
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", name):
        raise _invalid("Topic Name")
    account = call.request.principal.account
    arn = f"arn:aws:sns:{call.request.region}:{account}:{name}"
    attributes = dict(call.params.get("Attributes", {}))
    tags = {tag["Key"]: tag["Value"] for tag in call.params.get("Tags", ())}
    there = call.topics.setdefault(arn, Topic(arn, account, attributes, tags))
    if attributes and there.attributes != attributes:
        raise _invalid("Attributes Reason: Topic already exists with different attributes")
    if tags and there.tags != tags:
        raise _invalid("Tags Reason: Topic already exists with different tags")
    return {"TopicArn": arn}


def get_topic_attributes(call: SnsCall) -> Result:
    found = call.topic()
    own = {"TopicArn": found.arn, "Owner": found.account, "SubscriptionsConfirmed": "0"}
    return {"Attributes": {**own, **found.attributes}}


def set_topic_attributes(call: SnsCall) -> Result:
    name, value = call.params["AttributeName"], call.params.get("AttributeValue", "")
    if name == "DisplayName" and len(value) > LONGEST_TITLE:
        raise _invalid("DisplayName")
    call.topic().attributes[name] = value
    return {}


def delete_topic(call: SnsCall) -> Result:
    """AWS: one that is gone already is deleted."""
    found = call.topics.get(call.params["TopicArn"])
    if found and found.account == call.request.principal.account:
        del call.topics[found.arn]
    return {}


def list_topics(call: SnsCall) -> Result:
    mine = (one for one in call.topics.values() if one.account == call.request.principal.account)
    place = f"arn:aws:sns:{call.request.region}:"
    return {"Topics": [{"TopicArn": one.arn} for one in mine if one.arn.startswith(place)]}


def _invalid(reason: str) -> AwsError:
    return AwsError("InvalidParameter", 400, f"Invalid parameter: {reason}")


OPERATIONS: Mapping[str, Callable[[SnsCall], Result]] = {
    "CreateTopic": create_topic,
    "GetTopicAttributes": get_topic_attributes,
    "SetTopicAttributes": set_topic_attributes,
    "DeleteTopic": delete_topic,
    "ListTopics": list_topics,
}
