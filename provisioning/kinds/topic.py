"""SNS topics of alarms. Who subscribes is not the console's."""

from collections.abc import Collection, Mapping
from typing import Any

from aws.access import Account as Door
from aws.errors import NotFound
from provisioning.ids import Ids
from provisioning.kinds.found import Found, Refused
from provisioning.shapes import Topic

TAGS = [{"Key": "managed-by", "Value": "tim-combo-console"}]
TITLE = "DisplayName"


def arn(account: str, name: str) -> str:
    """AWS: alarms of CloudFront are told to topics of their own Region."""
    return f"arn:aws:sns:us-east-1:{account}:{name}"


def read(door: Door, names: Collection[str], ids: Ids) -> Mapping[str, Found | Refused]:
    """One call for each."""
    found = {name: _read(door, name) for name in names}
    return {name: one for name, one in found.items() if one}


def _read(door: Door, name: str) -> Found | None:
    topic = arn(door.account_id, name)
    try:
        told = door.read("sns", "GetTopicAttributes", name, TopicArn=topic)["Attributes"]
    except NotFound:
        return None
    return Found(Topic(title=told.get(TITLE, "")), topic)


def create(door: Door, name: str, shape: Topic, ids: Ids) -> None:
    """AWS: a name makes one topic, however often it is asked for."""
    wish: dict[str, Any] = {"Name": name, "Tags": TAGS, "Attributes": {TITLE: shape.title}}
    door.write("sns", "CreateTopic", name, **wish)


def update(door: Door, name: str, found: Found, shape: Topic, ids: Ids) -> None:
    if found.shape != shape:
        door.write(
            "sns",
            "SetTopicAttributes",
            name,
            TopicArn=found.aws_id,
            AttributeName=TITLE,
            AttributeValue=shape.title,
        )


def delete(door: Door, name: str, found: Found, ids: Ids) -> None:
    """AWS: deleting one that is gone is no error."""
    door.write("sns", "DeleteTopic", name, TopicArn=found.aws_id)
