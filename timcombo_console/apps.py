from django.apps import AppConfig

MINUTE, HOUR, DAY = 60, 3600, 86400


class ConsoleConfig(AppConfig):
    name = "timcombo_console"

    def ready(self) -> None:
        from runs.schedule import register
        from timcombo_console.observing import look_everywhere
        from timcombo_console.retention import forget, prune_everything

        register("retention", HOUR, forget)
        register("look at back ends", 5 * MINUTE, look_everywhere, first_seconds=10)
        register("prune", DAY, prune_everything, first_seconds=HOUR)
