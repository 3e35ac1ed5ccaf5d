"""What Celery runs. The rows decide; these only look."""

from celery import shared_task

from runs import runner, schedule


@shared_task(name="runs.tasks.advance")
def advance(run_id: int) -> None:
    """Do the steps of a Run that can be done at once."""
    while runner.advance(run_id):
        pass


@shared_task(name="runs.tasks.wake")
def wake() -> None:
    """Nudge every due Run, then do what is scheduled."""
    schedule.nudge_due()
    schedule.run_due()
