"""Which policies keeping resources needs in an account, from what all products wish there."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from aws.estate_policies import EstateReach, estate_dns_policy, estate_policy, estate_read_policy
from aws.replication_policies import replication_policy, replication_trust, role_arn
from products.models import Account, Purpose
from provisioning import facts
from provisioning.desired import desired
from provisioning.gather import all_facts
from provisioning.models import Resource
from provisioning.shapes import Address, Replication, Shape

WRITTEN_BY = {
    Purpose.READ: estate_read_policy,
    Purpose.ESTATE: estate_policy,
    Purpose.DNS: estate_dns_policy,
}


def policies_for(account: Account, purpose: Purpose) -> list[str]:
    """As JSON texts; none for a purpose that keeps nothing, or where nothing is kept."""
    write = WRITTEN_BY.get(purpose)
    text = write(reach_of(account, wished_in(all_facts().values()))) if write else ""
    return [text] if text and json.loads(text)["Statement"] else []


Wished = Mapping[str, Mapping[Address, Shape]]
"""By the 12 digits of an account, all that products wish there."""


def wished_in(everything: Iterable[facts.Product]) -> Wished:
    """For all accounts at a time."""
    found: dict[str, dict[Address, Shape]] = defaultdict(dict)
    for product in everything:
        for wish in desired(product):
            found[wish.address.account][wish.address] = wish.shape
    return found


def reach_of(account: Account, wished: Wished) -> EstateReach:
    """All that any product wishes in the account, and what the console still keeps there."""
    mine = wished.get(account.aws_id, {})
    kept = Resource.objects.filter(account=account, owned=True).values_list("kind", "name")
    own = {*mine, *(Address(kind, account.aws_id, name) for kind, name in kept)}
    kinds = {address.kind for address in own}
    copies = {a.name: shape.to for a, shape in mine.items() if isinstance(shape, Replication)}
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
        domains=tuple(sorted(_named(own, "zone"))),
        replicated=tuple(sorted(_named(own, "replication"))),
        replicas=tuple(sorted(copies.values())),
    )


def copying_role(account: Account) -> list[dict[str, Any]]:
    """The role that S3 takes where it copies buckets of the account, as `products.policies.policies_of` tells roles."""
    reach = reach_of(account, wished_in(all_facts().values()))
    if not reach.replicated:
        return []
    return [
        {
            "purpose": "copies",
            "role": role_arn(account.aws_id),
            "trust": replication_trust(),
            "permissions": [replication_policy(reach.replicated, reach.replicas)],
        }
    ]


def _named(addresses: Iterable[Address], kind: str) -> set[str]:
    return {address.name for address in addresses if address.kind == kind}
