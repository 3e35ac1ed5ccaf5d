from django.apps import AppConfig

MINUTE, HOUR, DAY = 60, 3600, 86400
WAYS_BACK_SECONDS = 20
"""How soon after a deployment its way back is looked at."""


class ConsoleConfig(AppConfig):
    name = "timcombo_console"

    def ready(self) -> None:
        from runs.schedule import register
        from timcombo_console.observing import look_back_everywhere, look_everywhere
        from timcombo_console.retention import forget, forget_looks, prune_everything

        register("retention", HOUR, forget)
        register("forget looks", MINUTE, forget_looks)
        register("look at back ends", 5 * MINUTE, look_everywhere, first_seconds=10)
        register("look at ways back", WAYS_BACK_SECONDS, look_back_everywhere, first_seconds=20)
        register("prune", DAY, prune_everything, first_seconds=HOUR)
