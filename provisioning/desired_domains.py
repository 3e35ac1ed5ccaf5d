"""What a domain should hold: its zone, a certificate in each account that serves it, and where its hostnames lead. Pure."""

from collections.abc import Iterator

from provisioning.desired_edge import distribution_name
from provisioning.facts import Account, Environment, Product
from provisioning.planner import Wish, wish
from provisioning.shapes import Certificate, HostRecords, Proof, Record, Zone

FAMILIES = ("A", "AAAA")


def covers(domain: str, hostname: str) -> bool:
    """Whether the certificate for a domain and its wildcard is one for the name. AWS: a wildcard stands for one label."""
    return hostname == domain or hostname.partition(".")[2] == domain


def below(domain: str, hostname: str) -> bool:
    """Whether the domain's zone holds the name."""
    return hostname == domain or hostname.endswith(f".{domain}")


def proof_name(domain: str, account: str) -> str:
    """The name of the record that proves a domain to an account's certificate. AWS: each account has its own."""
    return f"{domain}:{account}"


def domains(product: Product) -> Iterator[Wish]:
    """All that the product's domain needs; records only where its zone is one of AWS's."""
    serving = {one.account.id for one in product.environments if one.hostnames}
    names = tuple(sorted((product.domain, f"*.{product.domain}")))
    for account in sorted(serving):
        yield wish(account, product.domain, Certificate(names=names))
    if product.zone_account:
        yield from _in_zone(product, product.zone_account, serving)


def _in_zone(product: Product, home: Account, serving: set[str]) -> Iterator[Wish]:
    yield wish(home.id, product.domain, Zone())
    for account in sorted(serving):
        yield wish(home.id, proof_name(product.domain, account), Proof())
    for environment in product.environments:
        for hostname in environment.hostnames:
            if below(product.domain, hostname):
                yield wish(home.id, hostname, _records(product, environment), environment.name)


def _records(product: Product, environment: Environment) -> HostRecords:
    """AWS: an alias may stand at the apex, and needs a record for each family of addresses."""
    target = f"{environment.account.id}/{distribution_name(product.slug, environment.name)}"
    return HostRecords(records=tuple(Record(id=family, alias=target) for family in FAMILIES))
