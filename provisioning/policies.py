"""Which policies an account's owner installs for the resources that the console keeps there."""

import json
from collections.abc import Iterable

from aws.estate_policies import EstateReach, estate_dns_policy, estate_policy, estate_read_policy
from products.models import Account, Product, Purpose
from provisioning.selectors import ids, resources, wishes_of
from provisioning.shapes import Address

WRITTEN_BY = {
    Purpose.READ: estate_read_policy,
    Purpose.ESTATE: estate_policy,
    Purpose.DNS: estate_dns_policy,
}


def policies_for(account: Account, purpose: Purpose) -> list[str]:
    """As JSON texts; none for a purpose that keeps nothing, or where nothing is kept."""
    write = WRITTEN_BY.get(purpose)
    text = write(reach_of(account)) if write else ""
    return [text] if text and json.loads(text)["Statement"] else []


def reach_of(account: Account) -> EstateReach:
    """All that any product wishes in the account, and what the console still keeps there."""
    wished = (wish.address for product in Product.objects.all() for wish in wishes_of(product))
    kept = (row.address for row in resources().filter(account=account, owned=True))
    own = {address for address in (*wished, *kept) if address.account == account.aws_id}
    kinds, known = {address.kind for address in own}, ids().known
    zones = sorted({known.get(address, "*") for address in own if address.kind == "zone"})
    return EstateReach(
        account.aws_id,
        buckets=tuple(sorted(_named(own, "bucket"))),
        edge="access-control" in kinds,
        certificates="certificate" in kinds,
        acls="web-acl" in kinds,
        metrics="monitoring" in kinds,
        alarms="alarm" in kinds,
        log_destinations="log-destination" in kinds,
        log_deliveries="log-delivery" in kinds,
        zones=tuple(zones),
    )


def _named(addresses: Iterable[Address], kind: str) -> set[str]:
    return {address.name for address in addresses if address.kind == kind}
