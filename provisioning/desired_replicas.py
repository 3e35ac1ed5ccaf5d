"""Copies in a second Region, which S3 keeps of the archive and of what visitors get. Pure."""

from collections.abc import Iterator
from hashlib import sha256

from provisioning.desired_buckets import ARCHIVED, bucket
from provisioning.facts import Account, Product
from provisioning.planner import Wish, wish
from provisioning.shapes import Replication

LONGEST = 63


def replica_name(name: str, region: str) -> str:
    """AWS: a name has 63 characters at most and is one of all accounts; what is cut off still tells two apart.

    A bucket stays in its Region, so another Region has another one.
    """
    tail = f"-{region}"
    if len(name) + len(tail) <= LONGEST:
        return name + tail
    digest = sha256(name.encode()).hexdigest()[:8]
    return f"{name[: LONGEST - len(tail) - 9]}-{digest}{tail}"


def replicas(product: Product) -> Iterator[Wish]:
    """A bucket there for each one here, and what has S3 copy to it."""
    if not product.replica_region:
        return
    home, region = product.archive_account, product.replica_region
    yield wish(home.id, replica_name(product.archive, region), bucket(region, ARCHIVED))
    yield _copied(home, product.archive, region)
    for one in product.environments:
        if one.replicated and one.account.region != region:
            there = bucket(region, product=product.slug, environment=one.name)
            yield wish(one.account.id, replica_name(one.bucket, region), there, one.name)
            yield _copied(one.account, one.bucket, region, one.name)


def _copied(account: Account, name: str, region: str, place: str = "") -> Wish:
    return wish(account.id, name, Replication(role=account.replicator, to=replica_name(name, region)), place)
