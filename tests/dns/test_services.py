"""Hostnames, hosted zones and the public address of an environment."""

import pytest

from audit.models import Event
from dns.models import Hostname
from dns.resolution import NOTHING, Found, points_here
from dns.selectors import addresses_of, public_address, zone_of
from dns.services import names_of, saw_hostnames, set_hosted_zone, set_hostnames
from products.models import Account, Environment
from users.models import User
from users.refusals import Forbidden, Invalid

DISTRIBUTION = Found("d1timcdev0000.cloudfront.net", frozenset({"192.0.2.1", "192.0.2.2"}))
ALIASES = ("dev.tim-combo.com",)


@pytest.mark.django_db
def test_hostnames_are_set_in_order_with_one_event(admin: User, dev: Environment) -> None:
    wished = ["New.tim-combo.com.", "dev.tim-combo.com", "a.tim-combo.com"]
    set_hostnames(actor=admin, environment=dev, names=wished, reason="Campaign")
    assert names_of(dev) == ["new.tim-combo.com", "dev.tim-combo.com", "a.tim-combo.com"]
    event = Event.objects.get(action="hostnames.edit")
    assert event.before == {"hostnames": ["dev.tim-combo.com"], "settings_revision": 1}
    assert event.after == {"hostnames": names_of(dev), "settings_revision": 2}
    assert (
        event.summary == "Hostnames of Tim-Combo dev changed: new.tim-combo.com added, a.tim-combo.com added"
    )
    with pytest.raises(Invalid, match="these already"):
        set_hostnames(actor=admin, environment=dev, names=names_of(dev), reason="Again")
    set_hostnames(actor=admin, environment=dev, names=[*names_of(dev)[::-1]], reason="Turned round")
    assert names_of(dev)[0] == "a.tim-combo.com"
    set_hostnames(actor=admin, environment=dev, names=[], reason="None")
    assert names_of(dev) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["test.tim-combo.com"], "belongs to Tim-Combo test"),
        (["a.tim-combo.com", "a.tim-combo.com"], "twice"),
        (["nodots"], "is no hostname"),
        (["*.tim-combo.com"], "is no hostname"),
        (["x" * 64 + ".tim-combo.com"], "is no hostname"),
    ],
)
def test_hostnames_that_do_not_hold(admin: User, dev: Environment, names: list[str], text: str) -> None:
    with pytest.raises(Invalid, match=text):
        set_hostnames(actor=admin, environment=dev, names=names, reason="x")
    assert names_of(dev) == ["dev.tim-combo.com"]


@pytest.mark.django_db
def test_only_admins_set_hostnames(viewer: User, dev: Environment) -> None:
    with pytest.raises(Forbidden):
        set_hostnames(actor=viewer, environment=dev, names=[], reason="x")


@pytest.mark.django_db
def test_the_public_address_is_the_hostname_once_it_leads_here(dev: Environment) -> None:
    assert public_address(dev) == "d1timcdev0000.cloudfront.net"
    saw_hostnames(dev, {"dev.tim-combo.com": True, "test.tim-combo.com": True})
    assert public_address(dev) == "dev.tim-combo.com"
    assert Hostname.objects.get(name="dev.tim-combo.com").seen_at
    assert Hostname.objects.get(name="test.tim-combo.com").points_here is None
    saw_hostnames(dev, {"dev.tim-combo.com": False})
    assert addresses_of(dev).public == "d1timcdev0000.cloudfront.net"
    assert addresses_of(dev).canonical == "dev.tim-combo.com"
    Hostname.objects.filter(environment=dev).delete()
    assert public_address(dev) == "d1timcdev0000.cloudfront.net"


@pytest.mark.django_db
def test_the_hosted_zone_is_set(admin: User, viewer: User, dev: Environment) -> None:
    sandbox = Account.objects.get(name="sandbox")
    wish = {"product": dev.product, "account": sandbox, "zone_id": "Z0123456789ABC", "reason": ""}
    set_hosted_zone(actor=admin, **wish)  # type: ignore[arg-type]
    zone = zone_of(dev.product)
    assert zone
    assert (zone.account, zone.zone_id) == (sandbox, "Z0123456789ABC")
    assert Event.objects.get(action="zone.edit").before == {
        "account": "media",
        "zone_id": "Z0TIMCOMBO0000000000",
    }
    with pytest.raises(Invalid, match="Nothing differs"):
        set_hosted_zone(actor=admin, **wish)  # type: ignore[arg-type]
    with pytest.raises(Invalid, match="hosted zone id looks like"):
        set_hosted_zone(actor=admin, **{**wish, "zone_id": "x"})  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        set_hosted_zone(actor=viewer, **wish)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("at", "here"),
    [
        (Found("d1timcdev0000.cloudfront.net.", frozenset({"192.0.2.9"})), True),
        (Found("dother.cloudfront.net", frozenset({"192.0.2.9"})), True),
        (Found("dev.tim-combo.com", frozenset({"192.0.2.2"})), True),
        (Found("dev.tim-combo.com", frozenset({"198.51.100.1"})), False),
        (Found("dev.tim-combo.com.cloudfront.net.evil.example", frozenset()), False),
        (NOTHING, False),
    ],
)
def test_a_name_leads_here_by_cname_or_by_address(at: Found, here: bool) -> None:
    assert points_here("Dev.tim-combo.com", aliases=ALIASES, at=at, distribution=DISTRIBUTION) is here


def test_a_name_that_is_no_alias_does_not_lead_here() -> None:
    assert not points_here("x.tim-combo.com", aliases=ALIASES, at=DISTRIBUTION, distribution=DISTRIBUTION)
