"""Where the access logs of a product's distributions go. Pure."""

from collections.abc import Iterator

from provisioning.desired_buckets import bucket
from provisioning.desired_edge import distribution_name
from provisioning.facts import Product
from provisioning.planner import Wish, wish
from provisioning.shapes import (
    BucketPolicy,
    Condition,
    Expiry,
    LogDelivery,
    LogDestination,
    Statement,
)

# Logs are of no use for ever, and hold the addresses of visitors.
EXPIRED = Expiry(id="console-logs", expire_days=90)
OLD_VERSIONS = Expiry(id="console-old-versions", noncurrent_days=1, delete_markers=True)
# AWS fills in what is in braces.
PATH = "{DistributionId}/{yyyy}/{MM}/{dd}"


def destination_name(product: str) -> str:
    return f"console-{product}-logs"


def logs(product: Product) -> Iterator[Wish]:
    """Bucket, its policy, the destination, and a delivery for each distribution."""
    home = product.logs_account
    if home is None or not product.logs or not product.environments:
        return
    serving = tuple(sorted({one.account.id for one in product.environments}))
    name = destination_name(product.slug)
    others = tuple(account for account in serving if account != home.id)
    yield wish(
        home.id, product.logs, bucket(home.region, EXPIRED, old_versions=OLD_VERSIONS, product=product.slug)
    )
    yield wish(home.id, product.logs, _policy(product.logs, serving))
    yield wish(home.id, name, LogDestination(bucket=product.logs, accounts=others))
    for one in product.environments:
        delivery = LogDelivery(destination=f"{home.id}/{name}", path=PATH)
        yield wish(one.account.id, distribution_name(product.slug, one.name), delivery, one.name)


def _policy(bucket: str, accounts: tuple[str, ...]) -> BucketPolicy:
    """AWS: the service writes for these accounts alone, and what it writes is the bucket owner's."""
    sources = tuple(f"arn:aws:logs:us-east-1:{account}:delivery-source:*" for account in accounts)
    conditions = (
        Condition(operator="ArnLike", key="aws:SourceArn", values=sources),
        Condition(operator="StringEquals", key="aws:SourceAccount", values=accounts),
        Condition(operator="StringEquals", key="s3:x-amz-acl", values=("bucket-owner-full-control",)),
    )
    statement = Statement(
        sid="AllowLogDelivery",
        principals=("Service:delivery.logs.amazonaws.com",),
        actions=("s3:PutObject",),
        resources=(f"arn:aws:s3:::{bucket}/*",),
        conditions=conditions,
    )
    return BucketPolicy(statements=(statement,))
