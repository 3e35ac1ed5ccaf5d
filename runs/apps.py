from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "runs"

    def ready(self) -> None:
        """Listen to the worker's signals, and schedule what the layers below need done."""
        from audit.sealer import seal
        from runs import schedule, workers  # noqa: F401

        schedule.register("audit.seal", 1, seal)
