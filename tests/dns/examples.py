"""Examples of the actions of dns, for the guard test (see `tests/examples.py`)."""

from dns.services import set_hosted_zone, set_hostnames
from tests.examples import Call, example
from tests.products.examples import the_estate


@example("hostnames.edit")
def set_the_hostnames() -> Call:
    _, dev, _ = the_estate()
    return lambda actor: set_hostnames(actor=actor, environment=dev, names=["a.tim-combo.com"], reason="New")


@example("zone.edit")
def set_the_zone() -> Call:
    product, _, media = the_estate()
    return lambda actor: set_hosted_zone(
        actor=actor, product=product, account=media, zone_id="Z0123456789", reason=""
    )
