"""What the roles are to be that the console keeps, from the rows and from what all products need."""

import json
from collections.abc import Collection, Iterable, Iterator
from functools import partial

from django.conf import settings

from aws.estate_policies import EstateReach
from aws.policies import trust_policy
from aws.replication_policies import replication_policy, replication_trust, role_arn
from aws.role_policies import boundary_arn
from products.models import Account, AccountRole, Environment, Purpose
from products.policies import permissions_of
from products.reach import Rows, rows
from provisioning import facts
from provisioning.desired_edge import distribution_name
from provisioning.ids import Ids
from provisioning.kinds.policy_document import DISTRIBUTION, statements_in
from provisioning.kinds.role_policy import CHARACTERS
from provisioning.packing import fitted, packed
from provisioning.policies import WRITTEN_BY, reach_of, wished_in
from provisioning.shapes import Address, Statement

BUCKETS = "arn:aws:s3:::"
MARGIN = 240
"""Characters for what AWS's ids are longer than names."""


def kept_roles(product: facts.Product, everything: Collection[facts.Product]) -> Iterator[facts.KeptRole]:
    """Of the product's accounts those that have a role for the purpose access.

    Distributions that are still to be made are named where it is this product's plan that makes them.
    """
    if not settings.CONSOLE_WORKER_PRINCIPAL:
        return
    found = Account.objects.filter(aws_id__in=product.accounts, roles__purpose=Purpose.ACCESS)
    accounts = list(found.prefetch_related("roles"))
    known, wished = (rows(), wished_in(everything)) if accounts else (Rows((), ()), {})
    for account in accounts:
        permissions = permissions_of(account, known, partial(_name, product.slug))
        reach = reach_of(account, wished)
        for role in account.roles.all():
            purpose = Purpose(role.purpose)
            if purpose != Purpose.ACCESS:
                keeping = [WRITTEN_BY[purpose](reach)] if purpose in WRITTEN_BY else []
                texts = [*permissions.get(purpose, ()), *keeping]
                yield _role(account, role, _statements(account, texts))
        if reach.replicated:
            yield _replicator(account, reach)


def _name(product: str, environment: Environment) -> str:
    slug = environment.product.slug
    known = environment.distribution_id or slug == product
    return distribution_name(slug, environment.name) if known else ""


def _statements(account: Account, texts: Iterable[str]) -> tuple[Statement, ...]:
    """As shapes, which mean distributions by their names: here these stand where AWS's ids will.

    Where there are too many to be named one by one, all distributions of the account are meant, then all buckets that bear
    its number.
    """
    every = packed(one for text in texts for one in json.loads(text)["Statement"])
    shorter = (partial(_all_distributions, account), partial(_all_buckets, account))
    statements = fitted(every, shorter, CHARACTERS - MARGIN)
    names = {name for one in statements for arn in one["Resource"] if (name := _distribution(account, arn))}
    ids = Ids({Address(DISTRIBUTION, account.aws_id, name): name for name in names})
    return statements_in({"Statement": statements}, account.aws_id, ids)


def _distribution(account: Account, arn: str) -> str:
    prefix = _distributions(account)
    name = arn.removeprefix(prefix) if arn.startswith(prefix) else ""
    return name if name != "*" else ""


def _all_distributions(account: Account, arn: str) -> str:
    prefix = _distributions(account)
    return f"{prefix}*" if arn.startswith(prefix) else arn


def _all_buckets(account: Account, arn: str) -> str:
    """As the boundary names them; a copy in another Region has that after the number."""
    name, slash, inside = arn.removeprefix(BUCKETS).partition("/")
    number = f"-{account.aws_id}"
    if not arn.startswith(BUCKETS) or number not in name:
        return arn
    return f"{BUCKETS}*{number}{'' if name.endswith(number) else '-*'}{slash}{inside}"


def _distributions(account: Account) -> str:
    return f"arn:aws:cloudfront::{account.aws_id}:distribution/"


def _role(account: Account, role: AccountRole, statements: tuple[Statement, ...]) -> facts.KeptRole:
    trust = trust_policy(settings.CONSOLE_WORKER_PRINCIPAL, role.external_id)
    return _kept(account, role.role_arn, trust, statements, role.purpose == Purpose.DEPLOY)


def _replicator(account: Account, reach: EstateReach) -> facts.KeptRole:
    """Which S3 takes."""
    text = replication_policy(reach.replicated, reach.replicas)
    trust = replication_trust()
    return _kept(account, role_arn(account.aws_id), trust, _statements(account, [text]))


def _kept(
    account: Account, arn: str, trust: str, statements: tuple[Statement, ...], deploys: bool = False
) -> facts.KeptRole:
    path, _, name = arn.partition(":role")[2].rpartition("/")
    return facts.KeptRole(
        account=account.aws_id,
        name=name,
        path=f"{path}/",
        boundary=boundary_arn(account.aws_id),
        trust=statements_in(json.loads(trust), account.aws_id, Ids({})),
        statements=statements,
        deploys=deploys,
    )
