"""Whether a name leads visitors to a distribution, decided from what was looked up. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

CLOUDFRONT = ".cloudfront.net"


@dataclass(frozen=True)
class Found:
    """What DNS answered for a name: the end of its CNAME chain, and its addresses (IPv4 and IPv6)."""

    canonical: str
    addresses: frozenset[str]


NOTHING = Found("", frozenset())


def points_here(name: str, *, aliases: Collection[str], at: Found, distribution: Found) -> bool:
    """Whether visitors of `name` get this distribution.

    AWS: CloudFront chooses the distribution by the name that was asked for, and an alias belongs to one
    distribution in the world. So the name must be one of its aliases, and must lead to CloudFront at all: by a
    CNAME to some distribution's domain, or by an alias record, which shows only as the distribution's addresses.
    """
    if name.lower() not in {alias.lower() for alias in aliases}:
        return False
    by_cname = at.canonical.lower().rstrip(".").endswith(CLOUDFRONT)
    return by_cname or bool(at.addresses & distribution.addresses)
