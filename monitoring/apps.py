from django.apps import AppConfig

LOOK_SECONDS, JUDGE_SECONDS, FORGET_SECONDS = 10, 10, 300


class MonitoringConfig(AppConfig):
    name = "monitoring"

    def ready(self) -> None:
        from deployments.listeners import asked_by, ended_by
        from monitoring.budget import spent_on_handlers
        from monitoring.collecting import collect_everywhere
        from monitoring.guarding import guard_everywhere
        from monitoring.judging import judge_all
        from monitoring.looking import look_everywhere
        from monitoring.recipes import RECIPES
        from monitoring.retention import forget_old
        from monitoring.watching import begin
        from runs import schedule
        from runs.steps import register

        for recipe in RECIPES:
            register(recipe)
        ended_by.append(begin)
        asked_by.append(spent_on_handlers)
        schedule.register("ask for numbers", LOOK_SECONDS, collect_everywhere, first_seconds=45)
        schedule.register("look at alarms", LOOK_SECONDS, guard_everywhere, first_seconds=15)
        schedule.register("look at the edge", LOOK_SECONDS, look_everywhere, first_seconds=20)
        schedule.register("judge health", JUDGE_SECONDS, judge_all)
        schedule.register("forget old numbers", FORGET_SECONDS, forget_old, first_seconds=60)
