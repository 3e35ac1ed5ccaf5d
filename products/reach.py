"""What the console works on in an account, from the rows of all products."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import QuerySet

from aws.api_address import domain_names, own_api
from aws.fleet_policies import FleetReach
from aws.policies import Reach
from products.models import Account, Environment, Product

OfDistribution = Callable[[Environment], str]


def by_id(environment: Environment) -> str:
    """AWS's id of its distribution, "" while it is not known."""
    return environment.distribution_id


def reach_of(account: Account, distribution: OfDistribution = by_id) -> list[Reach]:
    """What front ends need in an account: the first holds all but further archives of releases.

    `distribution` is how those of its environments are called.
    """
    environments = Environment.objects.filter(frontend_account=account).select_related("product")
    archives = _archives(account, environments)
    first = Reach(
        account_id=account.aws_id,
        buckets=tuple(sorted({e.bucket for e in environments})),
        distributions=tuple(sorted({name for e in environments if (name := distribution(e))})),
        artifact_bucket=archives[0][0] if archives else "",
        keeps_artifacts=bool(archives) and archives[0][1],
    )
    more = [Reach(account.aws_id, artifact_bucket=name, keeps_artifacts=kept) for name, kept in archives[1:]]
    return [first, *more]


def fleet_reach_of(account: Account) -> FleetReach:
    """What back ends need in an account."""
    callers = callers_of(account)
    origins = _distinct(callers, "api_origin")
    products = Product.objects.filter(handler_account__isnull=False)
    sources = products.filter(environments__in=callers).exclude(handler_account=account)
    return FleetReach(
        account_id=account.aws_id,
        region=account.region,
        prefixes=_distinct(callers, "function_prefix"),
        apis=tuple(sorted({own[0] for origin in origins if (own := own_api(origin))})),
        domains=tuple(sorted({name for origin in origins for name in domain_names(origin)})),
        code_buckets=_distinct(callers.exclude(code_bucket=""), "code_bucket"),
        sources=_distinct(sources, "handler_bucket"),
        kept=_distinct(products.filter(handler_account=account), "handler_bucket"),
    )


def callers_of(account: Account) -> QuerySet[Environment]:
    """The environments that call functions of this account."""
    return Environment.objects.filter(backend_account=account).exclude(function_prefix="")


def _distinct(rows: QuerySet[Any], field: str) -> tuple[str, ...]:
    return tuple(sorted(set(rows.values_list(field, flat=True))))


def _archives(account: Account, environments: Iterable[Environment]) -> list[tuple[str, bool]]:
    """`(bucket, whether this account holds it)` of every archive that work here needs."""
    kept = Product.objects.filter(artifact_account=account).values_list("artifact_bucket", flat=True)
    products = {environment.product for environment in environments}
    others = {p.artifact_bucket for p in products if p.artifact_account_id != account.pk}
    return [(name, True) for name in sorted(set(kept))] + [(name, False) for name in sorted(others)]
