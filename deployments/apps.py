from django.apps import AppConfig


class DeploymentsConfig(AppConfig):
    name = "deployments"

    def ready(self) -> None:
        from deployments.recipes import RECIPES
        from deployments.selectors.served import served_config
        from products.served import served_by
        from runs.steps import register

        for recipe in RECIPES:
            register(recipe)
        served_by.append(served_config)
