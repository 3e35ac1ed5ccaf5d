"""Which Runs are forgotten, and when."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from audit.models import Event
from runs import schedule
from runs.models import Run, RunState
from timcombo_console.retention import LOOKS_A_TIME, forget_looks

pytestmark = pytest.mark.django_db

LITTLE = timedelta(minutes=10)


def ended(kind: str, age: timedelta, state: str = RunState.SUCCEEDED) -> Run:
    run = Run.objects.create(kind=kind, title="It was.", state=state)
    Run.objects.filter(pk=run.pk).update(ended_at=Now() - age)
    return run


@pytest.mark.parametrize(
    ("kind", "days"), [("collect", 1), ("truth", 1), ("deliver", 7), ("observe", 7), ("readiness", 7)]
)
def test_what_only_looks_or_tells_goes_soon_after_its_end(kind: str, days: int) -> None:
    age = timedelta(days=days)
    young = ended(kind, age - LITTLE)
    ended(kind, age + LITTLE)
    ended(kind, age + LITTLE, RunState.FAILED)
    events = Event.objects.count()
    forget_looks()
    assert list(Run.objects.all()) == [young]
    assert Event.objects.count() == events


def test_what_changed_something_and_what_goes_on_stays() -> None:
    kept = {ended("deployment", timedelta(days=900)), ended("ingest", timedelta(days=900))}
    kept.add(Run.objects.create(kind="collect", title="It goes on.", state=RunState.RUNNING))
    forget_looks()
    assert set(Run.objects.all()) == kept


def test_a_few_at_a_time_because_nudges_wait() -> None:
    Run.objects.bulk_create(
        Run(kind="truth", title="It was.", state=RunState.SUCCEEDED) for _ in range(LOOKS_A_TIME + 1)
    )
    Run.objects.update(ended_at=Now() - timedelta(days=2))
    forget_looks()
    assert Run.objects.count() == 1


def test_all_that_forgets_is_scheduled() -> None:
    wanted = {"retention", "forget looks", "forget old numbers", "notifications.forget"}
    assert wanted <= schedule._scheduled.keys()
