"""Where the estate is measured: as many copies of the document's product as asked for, with everything that they stand on."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml
from django.test import Client, override_settings
from django.urls import reverse

from bench.cloud import Cloud, carry_out, emulated_cloud
from bench.database import CHECKOUT
from products.models import Product
from provisioning.selectors import plan_of, wishes_of
from provisioning.services.look import look_at
from timcombo_console.estate.importing import import_estate
from users.models import User
from users.permissions import Role

ESTATE = CHECKOUT / "estates" / "tim-combo.yaml"


class Ground:
    """The products and their cloud; what is there was made by hand, as in the document."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.products = list(Product.objects.order_by("pk"))
        self._client = Client()
        self._admin = User.objects.create(username="admin", role=Role.ADMIN)
        self._client.force_login(self._admin)

    def resources(self) -> int:
        """How many each product has."""
        return len(wishes_of(self.products[0]))

    def look(self, product: Product, *, asked_for: bool = False) -> None:
        """As the console does by itself, or as a person asks for it."""
        carry_out(look_at(actor=self._admin if asked_for else None, product=product))

    def plan(self, product: Product) -> object:
        return plan_of(product)

    def page(self, name: str) -> None:
        answer = self._client.get(reverse(name, args=[self.products[0].slug]))
        assert answer.status_code == 200, answer.status_code


@contextmanager
def ground(folder: Path, products: int, latency_ms: float) -> Iterator[Ground]:
    """All of it, started for the block."""
    path = folder / "estate.yaml"
    path.write_text(yaml.safe_dump(many_products(products), sort_keys=False))
    path.with_suffix(".handlers.txt").write_text("one\n")
    import_estate(actor=None, text=path.read_text(), name=path.name)
    with emulated_cloud(path) as cloud, override_settings(CONSOLE_WORKER_PRINCIPAL=cloud.worker):
        cloud.control("/faults", {"kind": "latency", "ms": latency_ms})
        yield Ground(cloud)


def many_products(products: int) -> dict[str, Any]:
    """The document's accounts, and its product under so many names."""
    estate: dict[str, Any] = yaml.safe_load(ESTATE.read_text())
    model = estate["products"][0]
    return {**estate, "products": [_copy(model, number) for number in range(products)]}


def _copy(model: dict[str, Any], number: int) -> dict[str, Any]:
    product = deepcopy(model)
    product |= {"slug": f"shop-{number}", "name": f"Shop {number}", "domain": f"shop-{number}.example"}
    product["logs"]["bucket"] = f"shop-{number}-logs-855652006097"
    for place, environment in enumerate(product["environments"]):
        front, word = environment["frontend"], f"{number:02}{place}"
        front["bucket"] = f"shop-{number}-{environment['name']}-855652006097"
        front["distribution_id"] = f"E1SHOP{word}AAAA"
        front["distribution_domain"] = f"d1shop{word}.cloudfront.net"
        environment["hostnames"] = [
            name.replace("tim-combo.com", product["domain"]) for name in environment["hostnames"]
        ]
    return product
