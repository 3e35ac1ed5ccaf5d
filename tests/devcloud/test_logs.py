"""Delivery of access logs in the emulated cloud, as AWS answers."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud import CloudProcess
from tests.devcloud.conftest import DEV_BUCKET, MEDIA, SANDBOX

DEV = f"arn:aws:cloudfront::{MEDIA}:distribution/E1TIMCDEV00000"


def logs(cloud: CloudProcess, account: str = "media", region: str = "us-east-1") -> Any:
    return cloud.client("logs", account, "estate", region=region)


def destination(cloud: CloudProcess) -> str:
    config = {"destinationResourceArn": f"arn:aws:s3:::{DEV_BUCKET}"}
    made = logs(cloud).put_delivery_destination(name="there", deliveryDestinationConfiguration=config)
    return str(made["deliveryDestination"]["arn"])


def source(cloud: CloudProcess) -> None:
    logs(cloud).put_delivery_source(name="dev", resourceArn=DEV, logType="ACCESS_LOGS")


def let(cloud: CloudProcess, *accounts: str) -> None:
    """The service may write into the bucket for these accounts."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{DEV_BUCKET}/*",
        "Condition": {"StringEquals": {"aws:SourceAccount": list(accounts)}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    cloud.client("s3", "media", "estate").put_bucket_policy(Bucket=DEV_BUCKET, Policy=policy)


def test_a_delivery_leads_from_a_source_to_a_destination_once(cloud: CloudProcess) -> None:
    source(cloud)
    arn = destination(cloud)
    let(cloud, MEDIA)
    made = logs(cloud).create_delivery(deliverySourceName="dev", deliveryDestinationArn=arn)["delivery"]
    with pytest.raises(ClientError, match="ConflictException"):
        logs(cloud).create_delivery(deliverySourceName="dev", deliveryDestinationArn=arn)
    for call, name in (("delete_delivery_source", "dev"), ("delete_delivery_destination", "there")):
        with pytest.raises(ClientError, match="ConflictException"):
            getattr(logs(cloud), call)(name=name)
    logs(cloud).delete_delivery(id=made["id"])
    logs(cloud).delete_delivery_source(name="dev")
    logs(cloud).delete_delivery_destination(name="there")
    assert logs(cloud).describe_deliveries()["deliveries"] == []


def test_the_bucket_must_let_the_service_write(cloud: CloudProcess) -> None:
    source(cloud)
    arn = destination(cloud)
    with pytest.raises(ClientError, match="bucket's policy"):
        logs(cloud).create_delivery(deliverySourceName="dev", deliveryDestinationArn=arn)


def test_another_account_delivers_only_when_it_is_let(cloud: CloudProcess) -> None:
    arn = destination(cloud)
    let(cloud, MEDIA, SANDBOX)
    edge = cloud.client("cloudfront", "media").get_distribution_config(Id="E1TIMCDEV00000")[
        "DistributionConfig"
    ]
    edge |= {"CallerReference": "away", "Aliases": {"Quantity": 0}}
    edge["ViewerCertificate"] = {"CloudFrontDefaultCertificate": True}
    edge["Origins"]["Items"][0]["OriginAccessControlId"] = ""
    del edge["DefaultCacheBehavior"]["FunctionAssociations"]
    away = cloud.client("cloudfront", "sandbox", "estate")
    made = away.create_distribution(DistributionConfig=edge)["Distribution"]["ARN"]
    own = logs(cloud, "sandbox")
    own.put_delivery_source(name="away", resourceArn=made, logType="ACCESS_LOGS")
    with pytest.raises(ClientError, match="does not let this account deliver"):
        own.create_delivery(deliverySourceName="away", deliveryDestinationArn=arn)
    policy = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"AWS": SANDBOX}}]})
    logs(cloud).put_delivery_destination_policy(
        deliveryDestinationName="there", deliveryDestinationPolicy=policy
    )
    assert own.create_delivery(deliverySourceName="away", deliveryDestinationArn=arn)


def test_a_distribution_has_one_source_and_it_is_of_us_east_1(cloud: CloudProcess) -> None:
    source(cloud)
    with pytest.raises(ClientError, match="ConflictException"):
        logs(cloud).put_delivery_source(name="other", resourceArn=DEV, logType="ACCESS_LOGS")
    with pytest.raises(ClientError, match="delivered from us-east-1"):
        logs(cloud, region="us-east-2").put_delivery_source(name="x", resourceArn=DEV, logType="ACCESS_LOGS")
    with pytest.raises(ClientError, match="does not exist"):
        logs(cloud).put_delivery_source(name="x", resourceArn=f"{DEV}X", logType="ACCESS_LOGS")
