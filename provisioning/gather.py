"""The facts of all products, from their rows: a handful of queries, however many products there are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import Prefetch

from aws.replication_policies import ROLE
from products.models import Account, Environment, Product, Purpose, WebAcl
from provisioning import facts

Readers = Mapping[str, tuple[facts.Account, ...]]
"""The accounts that read in a bucket, by its name."""


def all_facts() -> dict[str, facts.Product]:
    """By slug. The accounts that read in a store are those of all products that share it."""
    products = list(_products())
    accounts = {row.pk: _account(row) for row in Account.objects.prefetch_related("roles")}
    archives = _readers(products, accounts, "artifact_bucket", "frontend_account_id")
    handlers = _readers(products, accounts, "handler_bucket", "backend_account_id")
    return {row.slug: _product(row, accounts, archives, handlers) for row in products}


def _products() -> Iterable[Product]:
    environments = Environment.objects.order_by("position").prefetch_related("hostnames")
    rows = Product.objects.select_related("hosted_zone").order_by("pk")
    return rows.prefetch_related(Prefetch("environments", environments))


def _readers(
    products: Iterable[Product], accounts: Mapping[int, facts.Account], bucket: str, account: str
) -> Readers:
    found: dict[str, set[int]] = defaultdict(set)
    for product in products:
        there = (getattr(one, account) for one in product.environments.all())
        found[getattr(product, bucket)] |= {pk for pk in there if pk is not None}
    return {name: tuple(accounts[pk] for pk in sorted(pks)) for name, pks in found.items()}


def _product(
    row: Product, accounts: Mapping[int, facts.Account], archives: Readers, handlers: Readers
) -> facts.Product:
    # Of the app above this one.
    zone = getattr(row, "hosted_zone", None)
    return facts.Product(
        slug=row.slug,
        domain=row.domain,
        environments=tuple(_environment(one, accounts) for one in row.environments.all()),
        archive=row.artifact_bucket,
        archive_account=accounts[row.artifact_account_id],
        archive_readers=archives[row.artifact_bucket],
        handlers=row.handler_bucket,
        handlers_account=accounts[row.handler_account_id] if row.handler_account_id else None,
        handlers_readers=handlers[row.handler_bucket] if row.handler_bucket else (),
        zone_account=accounts[zone.account_id] if zone else None,
        logs=row.log_bucket,
        logs_account=accounts[row.log_account_id] if row.log_account_id else None,
        replica_region=row.replica_region,
    )


def _environment(row: Environment, accounts: Mapping[int, facts.Account]) -> facts.Environment:
    return facts.Environment(
        name=row.name,
        kind=row.kind,
        account=accounts[row.frontend_account_id],
        bucket=row.bucket,
        hostnames=tuple(one.name for one in row.hostnames.all()),
        cache_profile=row.cache_profile,
        price_class=row.price_class,
        web_acl="" if row.web_acl == WebAcl.NONE else row.web_acl,
        origin_shield=row.origin_shield,
        replicated=row.replicated,
        extra_metrics=row.extra_metrics,
        alarms=row.alarms,
        api_origin=row.api_origin,
        backend=accounts[row.backend_account_id] if row.backend_account_id else None,
        code_bucket=row.code_bucket,
    )


def _account(row: Account) -> facts.Account:
    deployer = next((role.role_arn for role in row.roles.all() if role.purpose == Purpose.DEPLOY), "")
    return facts.Account(id=row.aws_id, region=row.region, deployer=deployer, replicator=ROLE)
