"""What AWS should hold for a product, from its rows: no Django, no AWS.

A bucket of releases or handlers that several products share is wished by each in the same way.
"""

from collections.abc import Iterable, Iterator

from provisioning.desired_alarms import alarms
from provisioning.desired_domains import domains
from provisioning.desired_edge import DISTRIBUTION, distribution_name, edge
from provisioning.desired_logs import logs
from provisioning.facts import Account, Environment, Product
from provisioning.planner import Wish
from provisioning.shapes import (
    Address,
    Bucket,
    BucketPolicy,
    Condition,
    Expiry,
    Shape,
    Statement,
)

OWNER_TAG, OWNER = "managed-by", "tim-combo-console"
CLOUDFRONT = "Service:cloudfront.amazonaws.com"
OLD_VERSIONS = Expiry(id="console-old-versions", noncurrent_days=90, kept=5, delete_markers=True)
UNFINISHED = Expiry(id="console-unfinished-uploads", abort_days=7)
# Objects are read back by rollbacks at once, which this storage class allows; never expired by age.
ARCHIVED = Expiry(id="console-archive", prefix="releases/", archive_days=90)


def desired(product: Product) -> tuple[Wish, ...]:
    """Every resource of the product, each once."""
    found: dict[Address, Wish] = {}
    for wish in (*_stores(product), *_sites(product), *domains(product), *alarms(product), *logs(product)):
        found.setdefault(wish.address, wish)
    return tuple(found.values())


def _sites(product: Product) -> Iterator[Wish]:
    for environment in product.environments:
        yield _wish(
            environment.account, environment.bucket, _site_bucket(product, environment), environment.name
        )
        yield _wish(
            environment.account, environment.bucket, _site_policy(product, environment), environment.name
        )
        yield from edge(product, environment)


def _wish(account: Account, name: str, shape: Shape, place: str = "") -> Wish:
    return Wish(Address(shape.kind, account.id, name), shape, place)


def _site_bucket(product: Product, environment: Environment) -> Bucket:
    tags = _tags(product=product.slug, environment=environment.name)
    return Bucket(region=environment.account.region, rules=(OLD_VERSIONS, UNFINISHED), tags=tags)


def _tags(**own: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({**own, OWNER_TAG: OWNER}.items()))


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
    """The archive of releases, the store of handlers, and where Lambda loads code from."""
    home = product.archive_account
    yield _wish(home, product.archive, _store(home, ARCHIVED))
    yield from _shared(home, product.archive, "releases/*", "ConsoleReadsReleases", product.archive_readers)
    if product.handlers and product.handlers_account:
        home = product.handlers_account
        yield _wish(home, product.handlers, _store(home))
        yield from _shared(
            home, product.handlers, "handlers/*", "ConsoleReadsHandlers", product.handlers_readers
        )
    for one in product.environments:
        if one.backend and one.code_bucket:
            yield _wish(one.backend, one.code_bucket, _store(one.backend))


def _store(account: Account, *more: Expiry) -> Bucket:
    """Its objects are written once, so an old version is one that somebody else wrote over: kept for a while."""
    rules = tuple(sorted((OLD_VERSIONS, UNFINISHED, *more), key=lambda rule: rule.id))
    return Bucket(region=account.region, rules=rules, tags=_tags())


def _shared(home: Account, bucket: str, below: str, sid: str, readers: Iterable[Account]) -> Iterator[Wish]:
    """AWS: a copy between accounts is one call of one role, which the source's policy must let read."""
    roles = sorted({one.deployer for one in readers if one.id != home.id and one.deployer})
    if roles:
        statement = Statement(
            sid=sid,
            principals=tuple(f"AWS:{role}" for role in roles),
            actions=("s3:GetObject", "s3:GetObjectVersion"),
            resources=(f"arn:aws:s3:::{bucket}/{below}",),
        )
        yield _wish(home, bucket, BucketPolicy(statements=(statement,)))
