"""What the page of a product's domains shows."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from dns.health import Certificate, Host, Problem, names_of, problem
from products.models import Environment, Product
from provisioning.desired_domains import covers
from provisioning.desired_edge import distribution_name
from provisioning.models import Resource
from provisioning.pages import crumbs
from provisioning.selectors import last_record_changes, look_of, resources_of
from provisioning.shapes import Address, Distribution, HostRecords, shape_of
from users.actions import allowed
from users.models import User

Rows = Mapping[Address, Resource]


def domains_page(user: User, product: Product) -> dict[str, Any]:
    """The context of `dns/domains.html`."""
    rows, now, look = resources_of(product), timezone.now(), look_of(product)
    environments = product.environments.select_related("frontend_account").prefetch_related("hostnames")
    taken = look.conflicts if look else {}
    hosts = [
        _row(product, one, name.name, rows, taken, now)
        for one in environments
        for name in one.hostnames.all()
    ]
    return {
        "product": product,
        "crumbs": crumbs(product, ("Domains", "")),
        "hosts": hosts,
        "wrong": sum(one["kind"] == "stop" for one in hosts),
        "soon": sum(one["kind"] == "warn" for one in hosts),
        "certificates": [_certificate_row(one) for a, one in rows.items() if a.kind == "certificate"],
        "strays": strays(product, rows),
        "changes": last_record_changes(product),
        "may": allowed(user, "estate.apply"),
        "seen_at": look.seen_at if look else None,
        "looking": look is not None and look.run is not None and look.run.is_active,
        "look_url": reverse("estate-look", args=[product.slug]),
        "plan_url": reverse("estate-plan", args=[product.slug]),
    }


def _row(
    product: Product, environment: Environment, name: str, rows: Rows, taken: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    host = replace(host_of(product, environment, name, rows), taken_by=taken.get(name, ""))
    found = problem(host, now)
    acl = host.distribution.web_acl if host.distribution else ""
    return {
        "name": name,
        "environment": environment.name,
        "environment_url": reverse("environment", args=[product.slug, environment.name]),
        "records": names_of(host.records.records) if host.records else [],
        "covered": host.covered,
        "web_acl": acl,
        "problem": found,
        "kind": _kind(found),
        "plan_url": reverse("estate-plan", args=[product.slug]) if found and found.planned else "",
    }


def _kind(found: Problem | None) -> str:
    if found is None:
        return "go"
    return "stop" if found.now else "warn"


def host_of(product: Product, environment: Environment, name: str, rows: Rows) -> Host:
    """A hostname with all that it needs, from the rows of what was seen."""
    account, edge = environment.frontend_account.aws_id, distribution_name(product.slug, environment.name)
    distribution = rows.get(Address("distribution", account, edge))
    records = _named(rows, "host-records", name)
    zone = _named(rows, "zone", product.domain)
    shown, wanted = _shape(distribution), _shape(records)
    return Host(
        name=name,
        target=f"{account}/{edge}",
        domain=environment.distribution_domain,
        covered=covers(product.domain, name),
        seen=distribution is not None and distribution.observed_at is not None,
        zone=hasattr(product, "hosted_zone"),
        zone_problem=zone.waits_for if zone else "",
        zone_unknown=zone.told.get("unknown", "") if zone else "",
        certificate=_certificate(rows.get(Address("certificate", account, product.domain))),
        distribution=shown if isinstance(shown, Distribution) else None,
        distribution_waits=distribution.waits_for if distribution else "",
        records=wanted if isinstance(wanted, HostRecords) else None,
        also=_also(name, edge, rows),
    )


def _named(rows: Rows, kind: str, name: str) -> Resource | None:
    return next((row for address, row in rows.items() if (address.kind, address.name) == (kind, name)), None)


def _shape(row: Resource | None) -> Any:
    return shape_of(row.kind, row.observed) if row and row.observed else None


def _also(name: str, edge: str, rows: Rows) -> str:
    """Another distribution of ours that has the name as an alias."""
    others = (row for address, row in rows.items() if address.kind == "distribution" and address.name != edge)
    return next((row.name for row in others if row.observed and name in row.observed["aliases"]), "")


def _certificate(row: Resource | None) -> Certificate | None:
    if row is None or not row.observed:
        return None
    return Certificate(
        status=row.told.get("status", ""),
        expires=_moment(row),
        renewal=row.told.get("renewal", ""),
        waits_for=row.waits_for,
    )


def _moment(row: Resource) -> datetime | None:
    return parse_datetime(row.told["expires"]) if "expires" in row.told else None


def _certificate_row(row: Resource) -> dict[str, Any]:
    found = _certificate(row)
    return {
        "name": row.name,
        "account": row.account.name,
        "status": found.status if found else "",
        "expires": found.expires if found else None,
        "renewal": found.renewal if found else "",
        "waits_for": row.waits_for,
        "url": reverse("estate-resource", args=[row.product.slug, *row.address]) if row.product else "",
    }


def strays(product: Product, rows: Rows) -> list[dict[str, Any]]:
    """Names of the zone that lead to a distribution that is none of ours. AWS: who gets that distribution gets the name."""
    zone = _named(rows, "zone", product.domain)
    found = json.loads(zone.told.get("strays", "{}")) if zone else {}
    return [
        {"name": name, "records": names_of(shape_of("host-records", stored).records)}  # type: ignore[attr-defined]
        for name, stored in sorted(found.items())
    ]
