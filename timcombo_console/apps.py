from django.apps import AppConfig

HOUR, DAY = 3600, 86400


class ConsoleConfig(AppConfig):
    name = "timcombo_console"

    def ready(self) -> None:
        from runs.schedule import register
        from timcombo_console.retention import forget, prune_everything

        register("retention", HOUR, forget)
        register("prune", DAY, prune_everything, first_seconds=HOUR)
