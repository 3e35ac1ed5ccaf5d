"""The words and signs of a deployment's state, for lists, timelines and pages."""

from datetime import datetime
from typing import Any

from django.urls import reverse

from deployments.models import Deployment, EnvironmentState, Fleet
from deployments.pages.fleet import called_version
from deployments.selectors.deployments import is_switched
from products.models import Environment
from runs.models import RunState


def status_of(deployment: Deployment, state: EnvironmentState | None = None) -> str:
    """queued, running, live, replaced, rolled_back, failed, partial or cancelled, as the tag `status_sign` knows them."""
    run = deployment.run.state
    if deployment.status == "partial":
        return "partial"
    if run != RunState.SUCCEEDED:
        return str(run)
    if deployment.is_left:
        return "rolled_back"
    if state is not None and not _runs(deployment, state):
        return "replaced"
    return "live"


def _runs(deployment: Deployment, state: EnvironmentState) -> bool:
    """Whether visitors get it, or the API calls it when it carries no front end."""
    if deployment.artifact_id is None:
        return Fleet.objects.filter(running=deployment).exists()
    return state.running_id == deployment.pk


def overtaken_by(deployment: Deployment, state: EnvironmentState) -> Deployment | None:
    """The later deployment that visitors get instead of one that they once got, if any."""
    running = state.running
    later = deployment.switched_at and running and running.pk > deployment.pk
    return running if later else None


def visitors_get(deployment: Deployment) -> str:
    """The version that visitors get since its switch; both where it stopped in the middle of that."""
    version = deployment.release.version
    if deployment.run.state != RunState.FAILED or is_switched(deployment):
        return version
    before = deployment.previous.release.version if deployment.previous else "nothing"
    return version if version == before else f"{version} or still {before}"


def versions_in(environment: Environment, running: Deployment | None, called: Deployment | None) -> str:
    """What runs there, in words: one version, or two where front end and back end differ; "" for nothing.

    Visitors get `running`, the API calls `called`.
    """
    front = running.release.version if running else ""
    if called is None or (running is not None and called.called.pk == running.release_id):
        return front
    back = f"back end {called_version(called, environment)}"
    return f"{front}, {back}" if front else back


def entry(deployment: Deployment, state: EnvironmentState) -> dict[str, Any]:
    """A line of a timeline."""
    verb = "Rolled back" if deployment.kind == "rollback" else "Promoted"
    half = "" if deployment.artifact_id else ", back end only,"
    return {
        "url": reverse("deployment", args=[deployment.pk]),
        "version": deployment.release.version,
        "status": status_of(deployment, state),
        "at": deployment.created_at,
        "text": f"{verb}{half} by {deployment.who} · “{deployment.reason}”",
        "place": "",
        "bad": deployment.release.bad,
    }


def seconds_of(deployment: Deployment) -> float | None:
    """How long it took; None while it runs."""
    began: datetime = deployment.created_at
    ended = deployment.run.ended_at
    return (ended - began).total_seconds() if ended else None
