"""An example of setting up a product (see `tests.examples`)."""

from products.models import Account
from tests.examples import Call, example
from timcombo_console.new_product.services import NewEnvironment, set_up


def media() -> Account:
    return Account.objects.create(name="media", aws_id="855652006097", tier="prod")


@example("product.set_up")
def set_up_a_product() -> Call:
    account = media()
    values = {
        "slug": "shop",
        "name": "Shop",
        "domain": "shop.example",
        "artifact_account": account,
        "artifact_bucket": "shop-releases",
    }
    live = {
        "kind": "static",
        "cache_profile": "long",
        "frontend_account": account,
        "bucket": "shop-live",
    }
    environments = [NewEnvironment("live", ["shop.example"], live)]
    return lambda actor: set_up(
        actor=actor, values=values, zone_account=account, environments=environments, reason="First"
    )
