from django.apps import AppConfig


class DeploymentsConfig(AppConfig):
    name = "deployments"

    def ready(self) -> None:
        from deployments.recipes import RECIPES
        from runs.steps import register

        for recipe in RECIPES:
            register(recipe)
