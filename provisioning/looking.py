"""Looking at all products' resources every hour, so that a change by hand is found without anybody asking."""

import structlog

from products.models import Product
from provisioning.services.look import look_at
from runs.services import Busy

log = structlog.get_logger(__name__)


def look_everywhere() -> None:
    """Start one look for each product; one that is under way goes on."""
    for product in Product.objects.all():
        try:
            look_at(actor=None, product=product)
        except Busy as busy:
            log.info("look postponed", product=product.slug, because=busy.text)
