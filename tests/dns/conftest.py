"""The same people and estate as for products."""

from tests.products.conftest import admin, dev, estate, prod, signed_in, viewer

__all__ = ["admin", "dev", "estate", "prod", "signed_in", "viewer"]
