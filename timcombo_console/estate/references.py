"""What the parts of an estate file must say together: names are unique, and what is referred to is there."""

from collections.abc import Iterator, Sequence

from products.models import RESERVED
from timcombo_console.estate.problems import Place
from timcombo_console.estate.schema import Account, Environment, Estate, Product

Found = Iterator[tuple[Place, str]]


def mistakes(estate: Estate) -> Found:
    """Every mistake of this kind, with its place."""
    yield from _twice([(("accounts", i, "name"), a.name) for i, a in enumerate(estate.accounts)])
    yield from _twice([(("accounts", i, "aws_id"), a.aws_id) for i, a in enumerate(estate.accounts)])
    yield from _twice([(("products", i, "slug"), p.slug) for i, p in enumerate(estate.products)])
    yield from _twice(_hostnames(estate))
    for number, account in enumerate(estate.accounts):
        yield from _foreign_roles(("accounts", number), account)
    known = {account.name for account in estate.accounts}
    for number, product in enumerate(estate.products):
        yield from _product(("products", number), product, known)


def _twice(named: Sequence[tuple[Place, str]]) -> Found:
    seen: set[str] = set()
    for place, name in named:
        if name in seen:
            yield place, f"{name!r} is there twice."
        seen.add(name)


def _hostnames(estate: Estate) -> list[tuple[Place, str]]:
    return [
        (("products", p, "environments", e, "hostnames", h), name)
        for p, product in enumerate(estate.products)
        for e, environment in enumerate(product.environments)
        for h, name in enumerate(environment.hostnames)
    ]


def _foreign_roles(place: Place, account: Account) -> Found:
    for purpose, role in account.roles:
        # AWS: the account id in a role's ARN is the account that holds the role.
        if role and role.role_arn.split(":")[4] != account.aws_id:
            yield (*place, "roles", purpose, "role_arn"), f"This role is not in account {account.aws_id}."


def _product(place: Place, product: Product, known: set[str]) -> Found:
    yield from _account((*place, "artifacts", "account"), product.artifacts.account, known)
    if product.logs:
        yield from _account((*place, "logs", "account"), product.logs.account, known)
    if product.handlers:
        yield from _account((*place, "handlers", "account"), product.handlers.account, known)
    if product.hosted_zone:
        yield from _account((*place, "hosted_zone", "account"), product.hosted_zone.account, known)
    environments = [
        ((*place, "environments", number), environment)
        for number, environment in enumerate(product.environments)
    ]
    yield from _twice([((*here, "name"), environment.name) for here, environment in environments])
    earlier: set[str] = set()
    for here, environment in environments:
        yield from _environment(here, environment, known, earlier)
        earlier.add(environment.name)


def _environment(place: Place, environment: Environment, known: set[str], earlier: set[str]) -> Found:
    if environment.name in RESERVED:
        yield (
            (*place, "name"),
            f"{environment.name!r} has a meaning of its own in the console. Choose another.",
        )
    yield from _account((*place, "frontend", "account"), environment.frontend.account, known)
    if environment.backend:
        yield from _account((*place, "backend", "account"), environment.backend.account, known)
    if environment.requires and environment.requires not in earlier:
        yield (*place, "requires"), f"{environment.requires!r} is no environment that comes before this one."


def _account(place: Place, name: str, known: set[str]) -> Found:
    if name not in known:
        yield (
            place,
            f"{name!r} is none of the accounts of this file: {', '.join(sorted(known)) or 'it has none'}.",
        )
