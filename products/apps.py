from django.apps import AppConfig


class ProductsConfig(AppConfig):
    name = "products"

    def ready(self) -> None:
        """Make the check of an account known to the runner."""
        from products.steps import RECIPE
        from runs.steps import register

        register(RECIPE)
