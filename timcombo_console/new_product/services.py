"""Saving a new product with its environments, hostnames and hosted zone: all of it or nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dns.models import HostedZone
from dns.services import add_hostname
from products.changes import Change, edit, given, record_change
from products.models import RESERVED, Account, Environment, Product
from products.services.rules import not_named
from users.actions import action
from users.models import User
from users.refusals import Invalid


@dataclass(frozen=True)
class NewEnvironment:
    """One environment as it was answered; `requires` is the name of one before it, or ""."""

    name: str
    hostnames: Sequence[str]
    values: Mapping[str, Any]
    requires: str = ""


@action("product.set_up", permission="product.edit")
def set_up(
    *,
    actor: User | None,
    values: Mapping[str, Any],
    zone_account: Account | None,
    environments: Sequence[NewEnvironment],
    reason: str,
) -> Product:
    """Save the product with all that belongs to it. Nothing is made in AWS. Raises Invalid."""
    reason = given(reason)
    _refuse_twice(environments)
    product = Product()
    change = edit(product, not_named(values, {"new"}))
    product.save()
    if zone_account:
        HostedZone.objects.create(product=product, account=zone_account)
        change += Change({"hosted_zone": None}, {"hosted_zone": zone_account.name})
    for position, one in enumerate(environments):
        _add(product, position, one)
        told = {f"environment {one.name}": ", ".join(one.hostnames)}
        change += Change(dict.fromkeys(told), told)
    summary = f"Product {product.name} set up with {len(environments)} environments; nothing is in AWS yet"
    record_change(actor, "product.set_up", product, summary, reason, change)
    return product


def _refuse_twice(environments: Sequence[NewEnvironment]) -> None:
    """A hostname or a bucket belongs to one environment."""
    counts = Counter(
        word for one in environments for word in (*one.hostnames, f"The bucket {one.values['bucket']}")
    )
    twice = [word for word, count in counts.items() if count > 1]
    taken = Environment.objects.filter(bucket__in=[one.values["bucket"] for one in environments]).first()
    if twice:
        raise Invalid(f"{twice[0]} is there twice. Nothing was saved.")
    if taken:
        raise Invalid(f"The bucket {taken.bucket} is that of {taken}. Nothing was saved.")


def _add(product: Product, position: int, one: NewEnvironment) -> None:
    before = product.environments.filter(name=one.requires).first() if one.requires else None
    environment = Environment(product=product, position=position)
    edit(environment, not_named({**one.values, "name": one.name, "requires": before}, RESERVED))
    environment.save()
    for place, name in enumerate(one.hostnames):
        add_hostname(environment, name, place)
