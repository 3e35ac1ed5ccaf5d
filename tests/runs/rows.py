"""What the tests of the runner make and look at."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from django.db import connection, transaction
from django.db.models.functions import Now

from runs import runner
from runs.models import Run, RunStep
from runs.services import start
from tests.runs import recipes
from users.models import User

__all__ = ["recipes"]

WORKER_ENV = {"DJANGO_SETTINGS_MODULE": "tests.runs.worker_settings"}

T = TypeVar("T")


def aside(work: Callable[[], T]) -> Future[T]:
    """Call `work` in a thread, on a database connection of its own."""

    def closing() -> T:
        try:
            return work()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    future = pool.submit(closing)
    pool.shutdown(wait=False)
    return future


def person(username: str = "rita") -> User:
    return User.objects.get_or_create(username=username, defaults={"display_name": "Release manager"})[0]


def begin(kind: str, *scopes: str, title: str = "") -> Run:
    """A Run of a kind of `tests.runs.recipes`, committed where the test commits."""
    with transaction.atomic():
        return start(kind=kind, title=title or f"Promotion of {kind}", scopes=scopes, actor=person())


def carry_out(run: Run) -> Run:
    """Do in this process all steps that can be done at once, and read the Run again."""
    while runner.advance(run.pk):
        pass
    run.refresh_from_db()
    return run


def step(run: Run, name: str) -> RunStep:
    return RunStep.objects.get(run=run, name=name)


def be_due(run: Run) -> None:
    """Let the time pass until the Run's wake time."""
    Run.objects.filter(pk=run.pk).update(wake_at=Now() - timedelta(seconds=1))


def expire(run: Run) -> None:
    """Let the time pass until the end of the Run's lease."""
    Run.objects.filter(pk=run.pk).update(lease_until=Now() - timedelta(seconds=1))
