"""Deployments that were, as their Runs would have left them: when they began, went live, failed or were left."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from deployments.models import Deployment, EnvironmentState, Release
from deployments.services.promote import promote
from monitoring.models import Verdict, Watch
from products.models import Environment, Product
from runs.models import Run, RunState, RunStep, StepState
from tests.deployments.rows import end, live, ready
from users.models import User

STEP = timedelta(seconds=10)


NOW = timezone.now()
"""One for all of a test's rows, so that times between them are whole."""


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def registered(product: Product, version: str, by: User, at: datetime) -> Release:
    """A release that is ready, registered then."""
    release = ready(product, version, by)
    Release.objects.filter(pk=release.pk).update(created_at=at)
    return release


def went_live(place: Environment, release: Release, by: User, at: datetime, **columns: Any) -> Deployment:
    """One that was wished, switched and live then, each of its steps in ten seconds."""
    made = live(place, release, by)
    Deployment.objects.filter(pk=made.pk).update(
        **{"created_at": at, "switched_at": at, "live_at": at} | columns
    )
    Run.objects.filter(pk=made.run_id).update(ended_at=at)
    RunStep.objects.filter(run=made.run_id).update(started_at=at, ended_at=at + STEP)
    return made


def failed(place: Environment, release: Release, by: User, at: datetime) -> Deployment:
    """One that failed then at its first step."""
    made = promote(
        actor=by, environment=place, release=release, reason="Try.", confirm=place.name, override="Set up."
    )
    end(made, RunState.FAILED)
    EnvironmentState.objects.filter(environment=place).update(active=None)
    Deployment.objects.filter(pk=made.pk).update(created_at=at)
    Run.objects.filter(pk=made.run_id).update(ended_at=at)
    RunStep.objects.filter(run=made.run_id, state=StepState.FAILED).update(started_at=at, ended_at=at)
    return made


def found_degraded(deployment: Deployment, at: datetime) -> None:
    """As the watch after it judged."""
    Watch.objects.create(
        deployment=deployment,
        environment=deployment.environment,
        began_at=at,
        ends_at=at,
        verdict=Verdict.DEGRADED,
    )
