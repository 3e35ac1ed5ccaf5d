from django.apps import AppConfig

TELL_SECONDS, DELIVER_SECONDS, FORGET_SECONDS = 2, 2, 3600


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from notifications.retention import forget_old
        from notifications.starting import start_due
        from notifications.steps import RECIPE
        from notifications.telling import tell
        from runs import schedule
        from runs.steps import register

        register(RECIPE)
        schedule.register("notifications.tell", TELL_SECONDS, tell)
        schedule.register("notifications.deliver", DELIVER_SECONDS, start_due)
        schedule.register("notifications.forget", FORGET_SECONDS, forget_old)
