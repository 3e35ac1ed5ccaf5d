"""Reading the estate. Every page and API call loads its objects here, so that access is checked in one place.

Each function makes a constant number of queries.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from products.models import Account, ConfigRevision, Environment, Product
from users.actions import require
from users.models import User
from users.refusals import Missing

VIEW = "estate.view"
NAMED = 20
"""How many names a "not found" tells at most."""


def product_for(user: User | None, slug: str) -> Product:
    """The product, for somebody who may see it. Raises Missing, which tells which products exist; Forbidden."""
    require(user, VIEW)
    product = Product.objects.select_related("artifact_account").filter(slug=slug).first()
    if product is None:
        raise Missing(
            _not_there("product", slug, Product.objects.order_by("slug").values_list("slug", flat=True))
        )
    return product


def environment_for(user: User | None, slug: str, name: str) -> Environment:
    """The environment with its product, accounts and newest configuration. Raises Missing, Forbidden."""
    require(user, VIEW)
    environment = _environments().filter(product__slug=slug, name=name).first()
    if environment is None:
        raise _no_environment(product_for(user, slug), name)
    return environment


def products_for(user: User | None) -> list[Product]:
    """All products by name, each with its environments in order."""
    require(user, VIEW)
    return list(Product.objects.prefetch_related("environments"))


def environments_of(product: Product) -> list[Environment]:
    """A product's environments in order, with accounts, hostnames and newest configuration."""
    return list(_environments().prefetch_related("hostnames").filter(product=product))


def account_for(user: User | None, name: str) -> Account:
    """The account with its roles. Raises Missing, which tells which accounts exist; Forbidden."""
    require(user, VIEW)
    account = Account.objects.prefetch_related("roles").filter(name=name).first()
    if account is None:
        raise Missing(_not_there("account", name, Account.objects.values_list("name", flat=True)))
    return account


def accounts_for(user: User | None) -> list[Account]:
    """All accounts by name, with their roles and last check."""
    require(user, VIEW)
    return list(Account.objects.select_related("check_result__run").prefetch_related("roles"))


@dataclass(frozen=True)
class History:
    """Some revisions, newest first, and the number to ask for the next ones with (None at the end)."""

    revisions: list[ConfigRevision]
    before: int | None


def history_of(environment: Environment, before: int | None = None, limit: int = 20) -> History:
    """The revisions of an environment's configuration, `limit` at a time, those older than number `before`."""
    rows = environment.config_revisions.select_related("actor")
    if before is not None:
        rows = rows.filter(number__lt=before)
    found = list(rows.order_by("-number")[: limit + 1])
    more = len(found) > limit
    return History(found[:limit], found[limit - 1].number if more else None)


def revision_of(environment: Environment, number: int) -> ConfigRevision:
    """One revision. Raises Missing, which tells the newest."""
    revision = environment.config_revisions.select_related("actor").filter(number=number).first()
    if revision is None:
        newest = environment.config_revisions.first()
        told = f"The newest is {newest.number}." if newest else "None was saved yet."
        raise Missing(f"{environment} has no configuration revision {number}. {told}")
    return revision


def _environments() -> QuerySet[Environment]:
    related = ("product", "frontend_account", "backend_account", "requires", "config__actor")
    return Environment.objects.select_related(*related)


def _no_environment(product: Product, name: str) -> Missing:
    names = product.environments.values_list("name", flat=True)
    return Missing(_not_there(f"environment of {product.name}", name, names))


def _not_there(what: str, name: str, existing: Iterable[str]) -> str:
    names = list(existing)
    told = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
    known = f"There are: {told}." if names else "There are none yet."
    return f"There is no {what} called {name[:60]!r}. {known}"
