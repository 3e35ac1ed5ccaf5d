"""The kinds of resources: how each is read, made, changed and deleted in AWS, one module for each."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from aws.access import Account as Door
from products.models import Purpose
from provisioning.ids import Ids, NotThereYet
from provisioning.kinds import (
    access_control,
    alarm,
    bucket,
    bucket_policy,
    cache_policy,
    certificate,
    distribution,
    edge_function,
    headers_policy,
    host_records,
    log_delivery,
    log_destination,
    monitoring,
    proof,
    replication,
    role,
    role_policy,
    topic,
    web_acl,
    zone,
)
from provisioning.kinds.found import Denied, Found, NotReady, Refused

__all__ = [
    "KEPT_BY",
    "KINDS",
    "Denied",
    "Found",
    "Ids",
    "Kind",
    "NotReady",
    "NotThereYet",
    "Refused",
    "seen_by",
]

Made = Mapping[str, str] | None
"""What must be known at once, because nothing tells it again: the `id` that a resource is found by, or the `change` on its way."""

KEPT_BY = {
    **dict.fromkeys(("zone", "proof", "host-records"), Purpose.DNS),
    **dict.fromkeys(("role", "role-policy", "deploy-policy"), Purpose.ACCESS),
}
"""By kind, for which purpose the role is that keeps it; all others are kept by the one for the estate."""


def seen_by(kind: str) -> Purpose:
    """Who keeps roles also looks at them: no other role may."""
    return Purpose.ACCESS if KEPT_BY.get(kind) == Purpose.ACCESS else Purpose.READ


class Kind(Protocol):
    """What each module offers. Every function may be called twice and then has done what one call does.

    Reading never raises NotFound. What cannot be done whatever is tried raises Refused in words.
    """

    def read(self, door: Door, names: Collection[str], ids: Ids) -> Mapping[str, Found | Refused]:
        """Those of the named resources that are there, or why one cannot be read."""
        ...

    def create(self, door: Door, name: str, shape: Any, ids: Ids) -> Made:
        """Make it. What exists already by this name, after a lost answer, is brought to the shape."""
        ...

    def update(self, door: Door, name: str, found: Found, shape: Any, ids: Ids) -> Made:
        """Bring what was just found to the shape, by the calls that its differences need."""
        ...

    def delete(self, door: Door, name: str, found: Found, ids: Ids) -> None:
        """Raises NotReady when AWS must end something before."""
        ...


KINDS: Mapping[str, Kind] = {
    "role": role,
    "role-policy": role_policy.EARLY,
    "deploy-policy": role_policy.LATE,
    "bucket": bucket,
    "replication": replication,
    "bucket-policy": bucket_policy,
    "access-control": access_control.KIND,
    "cache-policy": cache_policy.KIND,
    "headers-policy": headers_policy.KIND,
    "function": edge_function,
    "distribution": distribution,
    "zone": zone,
    "certificate": certificate,
    "proof": proof,
    "web-acl": web_acl,
    "host-records": host_records,
    "monitoring": monitoring,
    "topic": topic,
    "alarm": alarm,
    "log-destination": log_destination,
    "log-delivery": log_delivery,
}
