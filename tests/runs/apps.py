from django.apps import AppConfig


class RecipesConfig(AppConfig):
    name = "tests.runs"
    label = "test_recipes"

    def ready(self) -> None:
        from tests.runs import recipes  # noqa: F401
