"""Reading hostnames and the public address of an environment."""

from dataclasses import dataclass

from dns.models import HostedZone
from products.models import Environment, Product


@dataclass(frozen=True)
class Addresses:
    """How visitors and verification reach an environment.

    `public` is the hostname to ask; empty when the environment has neither a working hostname nor a distribution.
    `canonical` is the first hostname, whether it works or not. `dns` tells whether `public` is a hostname of ours.
    """

    public: str
    canonical: str
    dns: bool


def addresses_of(environment: Environment) -> Addresses:
    """The public and the canonical address. One query, none when `hostnames` was prefetched."""
    hostnames = sorted(environment.hostnames.all(), key=lambda hostname: hostname.position)
    if not hostnames:
        return Addresses(environment.distribution_domain, "", dns=False)
    first = hostnames[0]
    public = first.name if first.points_here else environment.distribution_domain
    return Addresses(public, first.name, dns=bool(first.points_here))


def public_address(environment: Environment) -> str:
    """The canonical hostname once it resolves to the distribution, else the distribution's own domain."""
    return addresses_of(environment).public


def zone_of(product: Product) -> HostedZone | None:
    """The hosted zone of the product's domain, with its account."""
    return HostedZone.objects.select_related("account").filter(product=product).first()
