"""What is in the rows and not in an estate file. An import leaves it alone and names it."""

from collections.abc import Iterator

from dns.models import HostedZone, Hostname
from products.models import Account, AccountRole, Environment, Product
from timcombo_console.estate.schema import Estate


def left_alone(estate: Estate) -> list[str]:
    """The names of such rows. A role, zone or hostname is named only where its owner is in the file."""
    return [*_accounts(estate), *_products(estate), *_environments(estate)]


def _accounts(estate: Estate) -> Iterator[str]:
    named = {account.name: account for account in estate.accounts}
    for name in Account.objects.values_list("name", flat=True):
        if name not in named:
            yield f"account {name}"
    for role in AccountRole.objects.select_related("account"):
        account = named.get(role.account.name)
        if account and getattr(account.roles, role.purpose) is None:
            yield f"{role.purpose} role of account {account.name}"


def _products(estate: Estate) -> Iterator[str]:
    named = {product.slug: product for product in estate.products}
    for slug in Product.objects.values_list("slug", flat=True):
        if slug not in named:
            yield f"product {slug}"
    for zone in HostedZone.objects.select_related("product"):
        product = named.get(zone.product.slug)
        if product and product.hosted_zone is None:
            yield f"hosted zone of {product.slug}"


def _environments(estate: Estate) -> Iterator[str]:
    slugs = {product.slug for product in estate.products}
    named = {(p.slug, e.name): set(e.hostnames) for p in estate.products for e in p.environments}
    for slug, name in Environment.objects.values_list("product__slug", "name"):
        if slug in slugs and (slug, name) not in named:
            yield f"environment {slug}/{name}"
    hostnames = Hostname.objects.values_list("environment__product__slug", "environment__name", "name")
    for slug, environment, name in hostnames:
        if name not in named.get((slug, environment), {name}):
            yield f"hostname {name} of {slug}/{environment}"
