"""What `wake` does every second: nudges for due Runs, and functions that are due again and again."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from celery import current_app
from django.db.models import F
from django.db.models.functions import Now

from runs import schedule, selectors, tasks
from runs.claim import claim
from runs.models import Run, Schedule
from tests.runs.recipes import ran, tell
from tests.runs.rows import be_due, begin, carry_out, expire

pytestmark = pytest.mark.django_db


@pytest.fixture
def _only_mine() -> Iterator[None]:
    """Nothing is scheduled but what the test registers."""
    kept = dict(schedule._scheduled)
    schedule._scheduled.clear()
    yield
    schedule._scheduled.clear()
    schedule._scheduled.update(kept)


def later(seconds: float) -> None:
    """Let time pass for what is scheduled."""
    Schedule.objects.update(due_at=F("due_at") - timedelta(seconds=seconds))


def forget_nudges() -> None:
    Run.objects.update(nudged_at=Now() - timedelta(seconds=5.1))


def test_wake_nudges_due_runs_once_in_five_seconds() -> None:
    due, waiting, leased, dead = begin("short"), begin("patient"), begin("short"), begin("short")
    carry_out(waiting)
    assert claim(leased.pk)
    assert claim(dead.pk)
    expire(dead)
    assert schedule.nudge_due() == 0

    forget_nudges()
    assert schedule.nudge_due() == 2
    assert set(
        Run.objects.filter(nudged_at__gt=Now() - timedelta(seconds=4)).values_list("pk", flat=True)
    ) == {
        due.pk,
        dead.pk,
    }
    assert schedule.nudge_due() == 0


def test_a_waiting_run_is_nudged_as_soon_as_it_is_due() -> None:
    run = carry_out(begin("patient"))
    assert schedule.nudge_due() == 0
    be_due(run)
    assert schedule.nudge_due() == 1


@pytest.mark.usefixtures("_only_mine")
def test_a_scheduled_function_is_called_once_per_period() -> None:
    schedule.register("tell", 10, lambda: tell("scheduled"))
    for _ in range(3):
        schedule.run_due()
    assert ran("scheduled") == 1

    later(9)
    schedule.run_due()
    assert ran("scheduled") == 1
    later(1.1)
    schedule.run_due()
    assert ran("scheduled") == 2


@pytest.mark.usefixtures("_only_mine")
def test_one_that_fails_shows_its_error_lets_the_others_run_and_is_tried_again() -> None:
    def fail() -> None:
        tell("tries")
        if ran("tries") == 1:
            raise ValueError("no such bucket")

    schedule.register("fails", 3600, fail)
    schedule.register("tells", 3600, lambda: tell("scheduled"))
    schedule.run_due()

    assert ran("scheduled") == 1
    assert [row.name for row in selectors.overdue_schedules()] == ["fails"]
    assert Schedule.objects.get(name="fails").error == "ValueError: no such bucket"

    later(61)
    schedule.run_due()
    assert ran("tries") == 2
    assert Schedule.objects.get(name="fails").error == ""
    assert ran("scheduled") == 1


def test_the_wake_task_seals_the_audit_log() -> None:
    from audit.models import Seal
    from audit.services import record

    event = record(actor=None, action="test.seal")
    Schedule.objects.all().delete()
    tasks.wake()
    assert Seal.objects.get().event == event


def test_messages_are_acknowledged_early_and_expire() -> None:
    assert current_app.conf.task_acks_late is False
    assert current_app.conf.task_ignore_result is True
    assert current_app.conf.beat_schedule["wake"]["options"]["expires"] == 10
