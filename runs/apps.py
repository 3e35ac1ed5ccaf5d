from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "runs"

    def ready(self) -> None:
        """Listen to the worker's signals, and schedule what the layers below need done."""
        from audit.sealer import seal
        from audit.verify import keep_verified
        from runs import schedule, workers  # noqa: F401
        from users.floods import forget_old_floods
        from users.idempotency import forget_old_replies

        schedule.register("audit.seal", 1, seal)
        schedule.register("audit.verify", 5, keep_verified)
        schedule.register("users.replies", 3600, forget_old_replies)
        schedule.register("users.floods", 3600, forget_old_floods)
