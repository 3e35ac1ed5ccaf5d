"""What AWS should hold for a product, from its rows: no Django, no AWS.

A bucket of releases or handlers that several products share is wished by each in the same way.
"""

from collections.abc import Iterable, Iterator

from provisioning.desired_alarms import alarms
from provisioning.desired_buckets import ARCHIVED, bucket
from provisioning.desired_domains import domains
from provisioning.desired_edge import DISTRIBUTION, distribution_name, edge
from provisioning.desired_logs import logs
from provisioning.desired_replicas import replicas
from provisioning.facts import Account, Environment, Product
from provisioning.planner import Wish, wish
from provisioning.shapes import (
    Address,
    BucketPolicy,
    Condition,
    Statement,
)

CLOUDFRONT = "Service:cloudfront.amazonaws.com"


def desired(product: Product) -> tuple[Wish, ...]:
    """Every resource of the product, each once."""
    found: dict[Address, Wish] = {}
    parts = (_stores, _sites, replicas, domains, alarms, logs)
    for one in (one for part in parts for one in part(product)):
        found.setdefault(one.address, one)
    return tuple(found.values())


def _sites(product: Product) -> Iterator[Wish]:
    for environment in product.environments:
        account, place = environment.account, environment.name
        yield wish(
            account.id,
            environment.bucket,
            bucket(account.region, product=product.slug, environment=place),
            place,
        )
        yield wish(account.id, environment.bucket, _site_policy(product, environment), place)
        yield from edge(product, environment)


def _site_policy(product: Product, environment: Environment) -> BucketPolicy:
    """Its distribution reads objects. AWS: without ListBucket a missing key is 403, which the edge shows as an error."""
    name = f"{DISTRIBUTION}:{distribution_name(product.slug, environment.name)}"
    return BucketPolicy(
        statements=(
            Statement(
                sid="AllowCloudFront",
                principals=(CLOUDFRONT,),
                actions=("s3:GetObject",),
                resources=(f"arn:aws:s3:::{environment.bucket}/*",),
                conditions=(Condition(operator="StringEquals", key="AWS:SourceArn", values=(name,)),),
            ),
        )
    )


def _stores(product: Product) -> Iterator[Wish]:
    """The archive of releases, the store of handlers, and where Lambda loads code from.

    Their objects are written once, so an old version is one that somebody else wrote over: kept for a while.
    """
    home = product.archive_account
    yield wish(home.id, product.archive, bucket(home.region, ARCHIVED))
    yield from _shared(home, product.archive, "releases/*", "ConsoleReadsReleases", product.archive_readers)
    if product.handlers and product.handlers_account:
        home = product.handlers_account
        yield wish(home.id, product.handlers, bucket(home.region))
        yield from _shared(
            home, product.handlers, "handlers/*", "ConsoleReadsHandlers", product.handlers_readers
        )
    for one in product.environments:
        if one.backend and one.code_bucket:
            yield wish(one.backend.id, one.code_bucket, bucket(one.backend.region))


def _shared(home: Account, store: str, below: str, sid: str, readers: Iterable[Account]) -> Iterator[Wish]:
    """AWS: a copy between accounts is one call of one role, which the source's policy must let read."""
    roles = sorted({one.deployer for one in readers if one.id != home.id and one.deployer})
    if roles:
        statement = Statement(
            sid=sid,
            principals=tuple(f"AWS:{role}" for role in roles),
            actions=("s3:GetObject", "s3:GetObjectVersion"),
            resources=(f"arn:aws:s3:::{store}/{below}",),
        )
        yield wish(home.id, store, BucketPolicy(statements=(statement,)))
