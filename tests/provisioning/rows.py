"""Rows of a product whose bucket of dev somebody has looked at, without a cloud."""

import json

from django.utils import timezone

from products.models import Product
from provisioning.models import Resource
from provisioning.selectors import plan_of, wishes_of
from provisioning.services.apply import apply_plan
from provisioning.shapes import Address
from users.models import User

DEV = Address("bucket", "855652006097", "tim-app-dev-855652006097")


def seen_bucket(product: Product) -> Resource:
    """Its own of the console, and changed by hand since."""
    wish = next(one for one in wishes_of(product) if one.address == DEV)
    account = product.environments.get(name="dev").frontend_account
    settings = wish.shape.as_json()
    return Resource.objects.create(
        kind=DEV.kind,
        account=account,
        name=DEV.name,
        product=product,
        owned=True,
        applied=settings,
        observed={**settings, "versioning": False},
        observed_at=timezone.now(),
    )


def apply_to(product: Product, actor: User) -> object:
    """The click that puts the bucket back."""
    digest = plan_of(product, [DEV]).digest
    return apply_plan(actor=actor, product=product, digest=digest, reason="TC-900", only=[DEV])


STRAY = {"records": [{"id": "CNAME", "alias": "", "values": ["d1gone0000000.cloudfront.net"], "ttl": 300}]}


def seen_zone(product: Product) -> Resource:
    """The product's zone, in which a name leads to a distribution of somebody else."""
    account = product.environments.get(name="dev").frontend_account
    return Resource.objects.create(
        kind="zone",
        account=account,
        name=product.domain,
        product=product,
        observed={"private": False},
        observed_at=timezone.now(),
        told={"name_servers": "ns-1.awsdns-00.com", "strays": json.dumps({f"old.{product.domain}": STRAY})},
    )
