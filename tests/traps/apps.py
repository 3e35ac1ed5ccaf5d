from django.apps import AppConfig


class TrapsConfig(AppConfig):
    """Loaded by the workers of these tests after the product's own apps."""

    name = "tests.traps"
    label = "deployment_traps"

    def ready(self) -> None:
        from tests.traps.boundaries import lay_traps

        lay_traps()
