"""Hostnames and hosted zones: what an admin changes, and what was seen of them."""

from collections.abc import Mapping, Sequence

from django.db.models.functions import Now

from dns.models import HostedZone, Hostname
from products.changes import Change, edit, given, record_change
from products.models import Account, Environment, Product
from products.revisions import locked
from users.actions import action
from users.models import User
from users.refusals import Invalid


@action("hostnames.edit", permission="product.edit")
def set_hostnames(
    *, actor: User | None, environment: Environment, names: Sequence[str], reason: str
) -> list[str]:
    """Make the environment's hostnames those given, in this order; the first is the canonical one.

    Raises Invalid when one is no hostname, is there twice, belongs to another environment, or nothing differs.
    """
    reason = given(reason)
    row = locked(environment)
    before, after = names_of(row), [tidy(name) for name in names]
    if before == after:
        raise Invalid(f"The hostnames of {row} are these already, in this order. Nothing was saved.")
    if len(set(after)) < len(after):
        raise Invalid("A hostname is there twice. Name each once.", errors={"names": ["One is there twice."]})
    Hostname.objects.filter(environment=row).exclude(name__in=after).delete()
    for position, name in enumerate(after):
        if name not in before:
            add_hostname(row, name, len(before) + position)
    put_in_order(row, after)
    row.settings_revision += 1
    row.save(update_fields=["settings_revision"])
    change = Change(
        {"hostnames": before, "settings_revision": row.settings_revision - 1},
        {"hostnames": after, "settings_revision": row.settings_revision},
    )
    record_change(
        actor, "hostnames.edit", row, f"Hostnames of {row} changed: {_told(before, after)}", reason, change
    )
    return after


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
    record_change(actor, "zone.edit", product, f"Hosted zone of {product.domain} changed", reason, change)
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


def tidy(name: str) -> str:
    """The name as DNS compares it: small letters, no dot at the end."""
    return name.strip().lower().rstrip(".")


def add_hostname(row: Environment, name: str, position: int) -> None:
    """Give the environment a hostname, in the caller's transaction. Raises Invalid."""
    other = Hostname.objects.select_related("environment__product").filter(name=name).first()
    if other:
        text = f"{name} belongs to {other.environment}. Remove it there first."
        raise Invalid(f"Nothing was saved. {text}", errors={"names": [text]})
    hostname = Hostname(environment=row)
    try:
        edit(hostname, {"name": name, "position": position}, exclude=["position", "points_here", "seen_at"])
    except Invalid as refusal:
        text = f"{name[:100]!r} is no hostname. A hostname looks like app.example.com."
        raise Invalid(f"Nothing was saved. {text}", errors={"names": [text]}) from refusal
    hostname.save()


def _told(before: list[str], after: list[str]) -> str:
    parts = [f"{name} added" for name in after if name not in before]
    parts += [f"{name} removed" for name in before if name not in after]
    return ", ".join(parts) or f"{after[0]} is the canonical hostname now"
