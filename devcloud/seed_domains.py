"""Zones, records and certificates as somebody once made them by hand: CNAMEs in place of aliases, one that leads nowhere."""

import uuid
from collections.abc import Iterator

from devcloud.acm.state import DAY, Certificate
from devcloud.estate import Domain, Estate, Site
from devcloud.route53.state import CLOUDFRONT_ZONE, Record, Zone, Zones, dotted

LEFT = 150 * DAY
NOWHERE = "d1gone0000000.cloudfront.net."


def certificate_arn(account: str, domain: str) -> str:
    """The same at every start."""
    return f"arn:aws:acm:us-east-1:{account}:certificate/{uuid.uuid5(uuid.NAMESPACE_DNS, domain)}"


def seeded_certificates(estate: Estate, now: float) -> dict[str, Certificate]:
    """One for each domain in each account that serves it, issued and with some months left."""
    made = [
        Certificate(
            arn=certificate_arn(account, domain.name),
            account=account,
            region="us-east-1",
            domain=domain.name,
            names=(domain.name, f"*.{domain.name}"),
            token="",
            created=now - DAY,
            issued=now - DAY,
            not_after=now + LEFT,
        )
        for domain in estate.domains
        for account in sorted({site.account for site in _sites(estate, domain)})
    ]
    return {one.arn: one for one in made}


def seeded_zones(estate: Estate) -> Zones:
    zones = Zones()
    certificates = seeded_certificates(estate, 0.0).values()
    for domain in estate.domains:
        zone = Zone(domain.zone_id, domain.account, dotted(domain.name), f"by-hand-{domain.name}")
        zones.zones[zone.id] = zone
        for record in _records(estate, domain):
            zone.put(record)
        for one in certificates:
            if one.domain == domain.name:
                name, value = one.proof(one.domain)
                zone.put(_plain(name, "CNAME", value))
    return zones


def _records(estate: Estate, domain: Domain) -> Iterator[Record]:
    yield _plain(dotted(domain.name), "MX", f"10 mail.{domain.name}.")
    yield _plain(f"old.{domain.name}.", "CNAME", NOWHERE)
    for site in _sites(estate, domain):
        for hostname in site.hostnames:
            yield _address(hostname, domain, site)


def _address(hostname: str, domain: Domain, site: Site) -> Record:
    target = f"{site.distribution_domain}."
    if hostname != domain.name:
        return _plain(f"{hostname}.", "CNAME", target)
    alias = {"HostedZoneId": CLOUDFRONT_ZONE, "DNSName": target, "EvaluateTargetHealth": False}
    return {"Name": f"{hostname}.", "Type": "A", "AliasTarget": alias}


def _plain(name: str, kind: str, value: str) -> Record:
    return {"Name": name, "Type": kind, "TTL": 300, "ResourceRecords": [{"Value": value}]}


def _sites(estate: Estate, domain: Domain) -> list[Site]:
    return [site for site in estate.sites if site.domain == domain.name]
