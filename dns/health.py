"""What keeps a hostname from working: one cause and one fix, decided from what was seen. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from provisioning.desired_domains import FAMILIES
from provisioning.shapes import Distribution, HostRecords, Record

LATE = timedelta(days=30)
"""AWS renews 60 days before the end; one that is not renewed by then waits for somebody."""


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """As ACM told: `status` and `renewal` are its words, `waits_for` what a person must do."""

    status: str
    expires: datetime | None = None
    renewal: str = ""
    waits_for: str = ""


@dataclass(frozen=True, kw_only=True)
class Host:
    """A hostname with all that it needs, as last seen; None is not there.

    `target` is how its alias records name the distribution, `domain` where that answers. `zone` tells whether its domain's zone is one of AWS's, and
    `zone_problem` why nobody is led there, `zone_unknown` why that is not known. `also` names another environment whose distribution has the alias, too, and `taken_by` another distribution that has it.
    """

    name: str
    target: str
    domain: str
    covered: bool
    seen: bool
    zone: bool
    zone_problem: str = ""
    zone_unknown: str = ""
    certificate: Certificate | None = None
    distribution: Distribution | None = None
    distribution_waits: str = ""
    records: HostRecords | None = None
    also: str = ""
    taken_by: str = ""


@dataclass(frozen=True)
class Problem:
    """Why a hostname does not work, or soon will not, and what to do. `planned`: the plan does it."""

    cause: str
    fix: str
    planned: bool = False
    now: bool = True


def problem(host: Host, now: datetime) -> Problem | None:
    """The first that stands in the way: what comes later cannot work before."""
    return next(_problems(host, now), None)


def _problems(host: Host, now: datetime) -> Iterator[Problem]:
    if not host.seen:
        yield Problem("Nobody has looked yet.", "Look at the AWS resources.", now=False)
        return
    if not host.covered:
        yield Problem(
            "No certificate covers it: a domain's covers the domain and one label below it.",
            "Choose a hostname of one label below the domain.",
        )
    if host.zone_problem:
        yield Problem(host.zone_problem, "Set the name servers at the registrar.")
    yield from _of_certificate(host, now)
    yield from _of_distribution(host)
    if host.zone:
        yield from _of_records(host)
    if host.zone_unknown:
        text = f"Whether its registrar leads to the zone is not known: {host.zone_unknown}"
        yield Problem(text, "Look again, or name a resolver that answers (CONSOLE_DNS).", now=False)


def _of_certificate(host: Host, now: datetime) -> Iterator[Problem]:
    found = host.certificate
    if found is None:
        yield Problem("There is no certificate for its domain.", "Apply the plan.", planned=True)
        return
    if found.status != "ISSUED":
        waits = found.waits_for or f"ACM calls the certificate {found.status}."
        yield Problem(waits, "Apply the plan, which makes the record that proves it.", planned=True)
    elif found.expires and found.expires <= now:
        yield Problem(
            "The certificate has ended.",
            "Apply the plan, which makes the record that proves it.",
            planned=True,
        )
    elif found.waits_for:
        yield Problem(
            found.waits_for, "Apply the plan, which makes the record again.", planned=True, now=False
        )
    elif found.expires and found.expires - now < LATE:
        days = (found.expires - now).days
        text = f"The certificate ends in {days} days and AWS has not renewed it."
        yield Problem(text, "See that a distribution uses it and that its record is there.", now=False)


def _of_distribution(host: Host) -> Iterator[Problem]:
    found = host.distribution
    if host.also:
        yield Problem(
            f"The distribution of {host.also} has it as an alias, too; AWS lets one have it.",
            f"Take it out of the hostnames of {host.also}, and apply that plan first.",
        )
    if host.taken_by:
        yield Problem(
            f"It is an alias of {host.taken_by}; AWS lets one distribution have it.",
            "Remove it there, or move it with AWS's AssociateAlias; then look again and apply the plan.",
        )
    if found is None:
        yield Problem("There is no distribution yet.", "Apply the plan.", planned=True)
    elif not found.enabled:
        yield Problem("The distribution is disabled.", "Apply the plan.", planned=True)
    elif host.name not in found.aliases:
        yield Problem("It is no alias of the distribution.", "Apply the plan.", planned=True)
    elif not found.certificate:
        yield Problem("The distribution has no certificate of its own.", "Apply the plan.", planned=True)
    elif host.distribution_waits:
        yield Problem(host.distribution_waits, "Wait; it takes some minutes.", now=False)


def _of_records(host: Host) -> Iterator[Problem]:
    records = host.records.records if host.records else ()
    if not records:
        yield Problem("Nothing leads to it: it has no address records.", "Apply the plan.", planned=True)
        return
    here = {record.id for record in records if leads_here(record, host)}
    elsewhere = [record for record in records if record.id not in here]
    if elsewhere:
        yield Problem(f"It leads elsewhere: {told(elsewhere[0])}.", "Apply the plan.", planned=True)
    elif "CNAME" in here:
        text = "It leads here by a CNAME, which costs a second question and cannot stand at the apex."
        yield Problem(text, "Apply the plan, which makes aliases of it.", planned=True, now=False)
    elif missing := [family for family in FAMILIES if family not in here]:
        text = f"It has no {missing[0]} record, so visitors with such addresses alone do not reach it."
        yield Problem(text, "Apply the plan.", planned=True, now=False)


def leads_here(record: Record, host: Host) -> bool:
    """Whether the record leads to the hostname's distribution, as an alias or by its domain."""
    return record.alias == host.target or (
        bool(host.domain) and host.domain in (record.alias, *record.values)
    )


def told(record: Record) -> str:
    """A record in words."""
    return f"{record.id} {'alias ' + record.alias if record.alias else ', '.join(record.values)}"


def names_of(records: Collection[Record]) -> list[str]:
    return [told(record) for record in records]
