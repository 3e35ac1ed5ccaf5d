"""Products."""

from collections.abc import Mapping
from typing import Any

from products.changes import edit, record_change
from products.models import Product
from products.services.rules import not_named, refuse_unchanged
from users.actions import action
from users.models import User
from users.refusals import Invalid


@action("product.create", permission="product.edit")
def create_product(*, actor: User | None, values: Mapping[str, Any], reason: str = "") -> Product:
    """Add a product. Its environments are added after it. Raises Invalid."""
    product = Product()
    change = edit(product, not_named(values, {"new"}))
    product.save()
    record_change(actor, "product.create", product, f"Product {product.name} added", reason, change)
    return product


@action("product.edit", permission="product.edit")
def edit_product(
    *, actor: User | None, product: Product, values: Mapping[str, Any], reason: str = ""
) -> Product:
    """Change a product. Its slug stays, because addresses and archived releases are named by it. Raises Invalid."""
    row = Product.objects.select_for_update().get(pk=product.pk)
    if values.get("slug", row.slug) != row.slug:
        raise Invalid("The slug of a product stays: addresses and archived releases are named by it.")
    change = edit(row, values)
    refuse_unchanged(change)
    row.save()
    record_change(actor, "product.edit", row, f"Product {row.name} changed", reason, change)
    return row
