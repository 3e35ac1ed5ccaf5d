"""The one cause and the one fix for a hostname that does not work."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dns.health import Certificate, Host, problem
from provisioning.shapes import Distribution, HostRecords, Record

NOW = datetime(2026, 11, 25, tzinfo=UTC)
NAME, TARGET = "dev.shop.example", "111111111111/shop-dev"
EDGE = Distribution(
    aliases=(NAME,),
    comment="",
    origins=(),
    behaviors=(),
    errors=(),
    price_class="PriceClass_100",
    certificate="shop.example",
)
BOTH = HostRecords(records=tuple(Record(id=family, alias=TARGET) for family in ("A", "AAAA")))
CNAME = HostRecords(records=(Record(id="CNAME", values=("d1.cloudfront.net",), ttl=300),))
GOOD = Certificate(status="ISSUED", expires=NOW + timedelta(days=150))
WELL = Host(
    name=NAME,
    target=TARGET,
    domain="d9.cloudfront.net",
    covered=True,
    seen=True,
    zone=True,
    certificate=GOOD,
    distribution=EDGE,
    records=BOTH,
)


def test_a_hostname_that_works_has_no_problem() -> None:
    assert problem(WELL, NOW) is None


@pytest.mark.parametrize(
    ("host", "cause", "planned", "now"),
    [
        (replace(WELL, seen=False), "Nobody has looked yet.", False, False),
        (replace(WELL, covered=False), "No certificate covers it", False, True),
        (replace(WELL, zone_problem="Nobody is led to the zone."), "Nobody is led", False, True),
        (replace(WELL, certificate=None), "There is no certificate", True, True),
        (
            replace(WELL, certificate=Certificate(status="PENDING_VALIDATION", waits_for="ACM waits.")),
            "ACM waits.",
            True,
            True,
        ),
        (
            replace(WELL, certificate=Certificate(status="VALIDATION_TIMED_OUT")),
            "VALIDATION_TIMED_OUT",
            True,
            True,
        ),
        (replace(WELL, certificate=replace(GOOD, expires=NOW)), "has ended", True, True),
        (
            replace(WELL, certificate=replace(GOOD, waits_for="Not renewed before")),
            "Not renewed",
            True,
            False,
        ),
        (
            replace(WELL, certificate=replace(GOOD, expires=NOW + timedelta(days=12))),
            "ends in 12 days",
            False,
            False,
        ),
        (replace(WELL, distribution=None), "There is no distribution yet.", True, True),
        (replace(WELL, distribution=replace(EDGE, enabled=False)), "is disabled", True, True),
        (replace(WELL, distribution=replace(EDGE, aliases=())), "It is no alias", True, True),
        (replace(WELL, distribution=replace(EDGE, certificate="")), "no certificate of its own", True, True),
        (replace(WELL, also="shop-test"), "shop-test has it as an alias, too", False, True),
        (replace(WELL, distribution_waits="On its way."), "On its way.", False, False),
        (replace(WELL, zone_unknown="No answer."), "is not known: No answer.", False, False),
        (replace(WELL, records=None), "Nothing leads to it", True, True),
        (replace(WELL, records=CNAME), "It leads elsewhere: CNAME d1.cloudfront.net", True, True),
        (
            replace(WELL, records=HostRecords(records=(Record(id="CNAME", values=("d9.cloudfront.net",)),))),
            "by a CNAME",
            True,
            False,
        ),
        (replace(WELL, records=HostRecords(records=BOTH.records[:1])), "no AAAA record", True, False),
    ],
)
def test_the_first_cause_is_named(host: Host, cause: str, planned: bool, now: bool) -> None:
    found = problem(host, NOW)
    assert found is not None
    assert cause in found.cause
    assert (found.planned, found.now, bool(found.fix)) == (planned, now, True)


def test_what_stands_before_everything_else_is_said_first() -> None:
    """A name that nobody is led to needs no better records."""
    host = replace(WELL, zone_problem="Nobody is led there.", records=None, certificate=None)
    found = problem(host, NOW)
    assert found is not None
    assert found.cause == "Nobody is led there."


def test_records_at_another_provider_are_not_asked_for() -> None:
    assert problem(replace(WELL, zone=False, records=None), NOW) is None
