"""Hostnames and hosted zones: what an admin changes, and what was seen of them."""

from collections.abc import Mapping, Sequence

from django.db.models.functions import Now

from dns.models import HostedZone, Hostname
from products.changes import Change, edit, given, record_change
from products.models import Account, Environment, Product
from products.revisions import locked
from users.actions import action
from users.models import User
from users.refusals import Invalid, Missing


@action("hostname.add", permission="product.edit")
def add_hostname(*, actor: User | None, environment: Environment, name: str, reason: str) -> Hostname:
    """Give the environment one more hostname, last in order. Raises Invalid: not a name, or another has it."""
    row = locked(environment)
    name = name.strip().lower().rstrip(".")
    before = names_of(row)
    _refuse_taken(name)
    hostname = Hostname(environment=row)
    edit(hostname, {"name": name, "position": len(before)}, exclude=["position"])
    hostname.save()
    _changed(actor, "hostname.add", row, before, reason, f"{name} added")
    return hostname


@action("hostname.remove", permission="product.edit")
def remove_hostname(*, actor: User | None, environment: Environment, name: str, reason: str) -> None:
    """Take a hostname away from the environment. Raises Missing when it has no such name."""
    row = locked(environment)
    before = names_of(row)
    if name not in before:
        raise Missing(f"{row} has no hostname {name[:100]!r}. It has: {', '.join(before) or 'none'}.")
    Hostname.objects.filter(environment=row, name=name).delete()
    put_in_order(row, [kept for kept in before if kept != name])
    _changed(actor, "hostname.remove", row, before, reason, f"{name} removed")


@action("hostname.reorder", permission="product.edit")
def reorder_hostnames(
    *, actor: User | None, environment: Environment, names: Sequence[str], reason: str
) -> None:
    """Put the hostnames into this order; the first is the canonical one. Raises Invalid: not the same names."""
    row = locked(environment)
    before = names_of(row)
    if sorted(names) != sorted(before):
        raise Invalid(f"The order must name each hostname of {row} once: {', '.join(before)}.")
    if list(names) == before:
        raise Invalid("The hostnames are in this order already. Nothing was saved.")
    put_in_order(row, names)
    _changed(actor, "hostname.reorder", row, before, reason, f"{names[0]} is the canonical hostname")


@action("zone.edit", permission="product.edit")
def set_hosted_zone(
    *, actor: User | None, product: Product, account: Account, zone_id: str, reason: str
) -> HostedZone:
    """Say which hosted zone holds the product's domain, and in which account. Raises Invalid."""
    zone = HostedZone.objects.filter(product=product).first() or HostedZone(product=product)
    change = edit(zone, {"account": account, "zone_id": zone_id.strip()})
    if not change:
        raise Invalid("Nothing differs from what is saved already.")
    zone.save()
    record_change(actor, "zone.edit", product, f"Hosted zone of {product.domain}", reason, change)
    return zone


def saw_hostnames(environment: Environment, seen: Mapping[str, bool]) -> None:
    """Note which hostnames were seen to lead to the environment's distribution. A fact, not a wish: no audit."""
    for hostname in Hostname.objects.filter(environment=environment, name__in=seen):
        Hostname.objects.filter(pk=hostname.pk).update(points_here=seen[hostname.name], seen_at=Now())


def names_of(environment: Environment) -> list[str]:
    """The environment's hostnames in order, the canonical one first."""
    return list(Hostname.objects.filter(environment=environment).values_list("name", flat=True))


def put_in_order(environment: Environment, names: Sequence[str]) -> None:
    """Number the hostnames anew, in the caller's transaction."""
    rows = {hostname.name: hostname for hostname in Hostname.objects.filter(environment=environment)}
    for position, name in enumerate(names):
        rows[name].position = position
    Hostname.objects.bulk_update(rows.values(), ["position"])


def _refuse_taken(name: str) -> None:
    other = Hostname.objects.select_related("environment__product").filter(name=name).first()
    if other:
        raise Invalid(
            f"{name} belongs to {other.environment} already. Remove it there first.",
            errors={"name": [f"It belongs to {other.environment}."]},
        )


def _changed(
    actor: User | None, name: str, row: Environment, before: list[str], reason: str, summary: str
) -> None:
    row.settings_revision += 1
    row.save(update_fields=["settings_revision"])
    change = Change(
        {"hostnames": before, "settings_revision": row.settings_revision - 1},
        {"hostnames": names_of(row), "settings_revision": row.settings_revision},
    )
    record_change(actor, name, row, summary, given(reason), change)
