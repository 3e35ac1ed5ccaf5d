"""A product of which AWS holds nothing yet."""

from typing import Any


def new_shop(slug: str) -> Any:
    """A static site at its own domain, whose zone is to be made, too, with a web ACL before it."""
    from dns.models import HostedZone, Hostname
    from products.models import Account, Environment, Product

    media, domain = Account.objects.get(name="media"), f"{slug}.example"
    product = Product.objects.create(
        slug=slug,
        name=slug.title(),
        domain=domain,
        artifact_account=media,
        artifact_bucket=f"{slug}-releases",
    )
    HostedZone.objects.create(product=product, account=media)
    made = Environment.objects.create(
        product=product,
        name="live",
        kind="static",
        position=0,
        cache_profile="long",
        frontend_account=media,
        bucket=f"{slug}-live",
        web_acl="count",
    )
    for position, name in enumerate((domain, f"www.{domain}")):
        Hostname.objects.create(environment=made, name=name, position=position)
    return product
