"""What the console works on in an account, from the rows of all products."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from aws.api_address import domain_names, own_api
from aws.fleet_policies import FleetReach
from aws.policies import Reach
from products.models import Account, Environment, Product

OfDistribution = Callable[[Environment], str]


@dataclass(frozen=True)
class Rows:
    """All products and their environments, loaded once for however many accounts."""

    products: tuple[Product, ...]
    environments: tuple[Environment, ...]

    def callers(self, account: Account) -> Iterator[Environment]:
        """The environments that call functions of this account."""
        mine = (one for one in self.environments if one.backend_account_id == account.pk)
        return (one for one in mine if one.function_prefix)


def rows() -> Rows:
    """As they are now, by two queries."""
    environments = Environment.objects.select_related("product").order_by("pk")
    return Rows(tuple(Product.objects.order_by("pk")), tuple(environments))


def by_id(environment: Environment) -> str:
    """AWS's id of its distribution, "" while it is not known."""
    return environment.distribution_id


def reach_of(account: Account, known: Rows, distribution: OfDistribution = by_id) -> list[Reach]:
    """What front ends need in an account: the first holds all but further archives of releases.

    `distribution` is how those of its environments are called.
    """
    environments = [one for one in known.environments if one.frontend_account_id == account.pk]
    archives = _archives(account, known, environments)
    first = Reach(
        account_id=account.aws_id,
        buckets=_distinct(one.bucket for one in environments),
        distributions=_distinct(distribution(one) for one in environments),
        artifact_bucket=archives[0][0] if archives else "",
        keeps_artifacts=bool(archives) and archives[0][1],
    )
    more = [Reach(account.aws_id, artifact_bucket=name, keeps_artifacts=kept) for name, kept in archives[1:]]
    return [first, *more]


def fleet_reach_of(account: Account, known: Rows) -> FleetReach:
    """What back ends need in an account."""
    callers = list(known.callers(account))
    origins = _distinct(one.api_origin for one in callers)
    keeping = [one for one in known.products if one.handler_account_id]
    calling = {one.product_id for one in callers}
    sources = (one for one in keeping if one.pk in calling and one.handler_account_id != account.pk)
    return FleetReach(
        account_id=account.aws_id,
        region=account.region,
        prefixes=_distinct(one.function_prefix for one in callers),
        apis=_distinct(own[0] for origin in origins if (own := own_api(origin))),
        domains=_distinct(name for origin in origins for name in domain_names(origin)),
        code_buckets=_distinct(one.code_bucket for one in callers),
        sources=_distinct(one.handler_bucket for one in sources),
        kept=_distinct(one.handler_bucket for one in keeping if one.handler_account_id == account.pk),
    )


def _distinct(words: Iterable[str]) -> tuple[str, ...]:
    """In order, without empty ones."""
    return tuple(sorted({word for word in words if word}))


def _archives(account: Account, known: Rows, environments: Iterable[Environment]) -> list[tuple[str, bool]]:
    """`(bucket, whether this account holds it)` of every archive that work here needs."""
    kept = _distinct(one.artifact_bucket for one in known.products if one.artifact_account_id == account.pk)
    products = [environment.product for environment in environments]
    others = _distinct(p.artifact_bucket for p in products if p.artifact_account_id != account.pk)
    return [*((name, True) for name in kept), *((name, False) for name in others)]
