"""Examples of the actions of products, for the guard test (see `tests/examples.py`)."""

from products.models import Account, Environment, Product
from products.services import (
    check_account,
    create_account,
    create_environment,
    create_product,
    edit_account,
    edit_environment,
    edit_product,
    restore_config,
    save_config,
)
from tests.estate_rows import put_estate
from tests.examples import Call, example


def the_estate() -> tuple[Product, Environment, Account]:
    """The document's estate as rows: Tim-Combo, its dev, and the account media."""
    put_estate()
    dev = Environment.objects.select_related("product", "frontend_account").get(
        product__slug="tim-combo", name="dev"
    )
    return dev.product, dev, dev.frontend_account


@example("account.create")
def add_account() -> Call:
    values = {"name": "edge", "aws_id": "111122223333", "tier": "prod", "region": "eu-west-1"}
    return lambda actor: create_account(actor=actor, values=values, roles={})


@example("account.edit")
def edit_an_account() -> Call:
    _, _, media = the_estate()
    return lambda actor: edit_account(actor=actor, account=media, values={"tier": "nonprod"}, roles={})


@example("account.check")
def check_an_account() -> Call:
    _, _, media = the_estate()
    return lambda actor: check_account(actor=actor, account=media)


@example("product.create")
def add_product() -> Call:
    _, _, media = the_estate()
    values = {
        "slug": "docs",
        "name": "Docs",
        "domain": "docs.example.com",
        "artifact_account": media,
        "artifact_bucket": "docs-releases",
    }
    return lambda actor: create_product(actor=actor, values=values)


@example("product.edit")
def edit_a_product() -> Call:
    product, _, _ = the_estate()
    return lambda actor: edit_product(actor=actor, product=product, values={"name": "Tim"})


@example("environment.create")
def add_environment() -> Call:
    product, _, media = the_estate()
    values = {
        "name": "preview",
        "kind": "app",
        "cache_profile": "short",
        "frontend_account": media,
        "bucket": "tim-app-preview-855652006097",
    }
    return lambda actor: create_environment(actor=actor, product=product, values=values, reason="Previews")


@example("environment.edit")
def edit_an_environment() -> Call:
    _, dev, _ = the_estate()
    return lambda actor: edit_environment(
        actor=actor, environment=dev, values={"cache_profile": "long"}, revision=1, reason="Fewer requests"
    )


@example("config.save")
def save_a_configuration() -> Call:
    _, dev, _ = the_estate()
    return lambda actor: save_config(
        actor=actor, environment=dev, values={"A": "1"}, reason="TC-477", revision=1
    )


@example("config.restore")
def restore_a_configuration() -> Call:
    _, dev, _ = the_estate()
    save_config(actor=None, environment=dev, values={"A": "1"}, reason="TC-477", revision=1)
    return lambda actor: restore_config(actor=actor, environment=dev, number=1, reason="Back", revision=2)
