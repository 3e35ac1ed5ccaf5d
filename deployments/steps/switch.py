"""The moment visitors change over: config, entry points and service workers are written, in this order, in one step."""

from collections.abc import Iterator, Mapping

from django.db.models.functions import Now

from aws.access import Account as Door
from aws.jobs import Job
from deployments.manifest import FileEntry, Role
from deployments.models import Deployment, DeploymentKind, EnvironmentState
from deployments.steps.copy import remember_replaced
from deployments.steps.delivery import delete_job, deliver, listing, recorded, write_job
from deployments.steps.door import aws_step, open_account
from deployments.steps.wish import Wish
from deployments.writing import Recorded, needed
from products.models import Kind
from runs.steps import Done, StepContext, Wait

PHASES = (Role.CONFIG, Role.ENTRY_POINT, Role.SERVICE_WORKER)


@aws_step
def switch(context: StepContext) -> Done | Wait:
    """Write what names the assets. Every write is fenced: a worker that wakes up late can put nothing back."""
    wish = Wish.of(context)
    door = open_account(context, wish.environment.frontend_account)
    listed = listing(door, wish.environment)
    ours = recorded(wish.environment)
    decision = needed(wish.files(*PHASES), listed, ours)
    remember_replaced(context, wish.deployment, decision.replaced)
    with context.transaction():
        _set_running(wish.deployment)
    for phase in PHASES:
        files = tuple(file for file in decision.copy if file.role is phase)
        _write(context, door, wish, files, listed)
    _delete_left_pages(context, door, wish, listed, ours)
    context.progress(done=len(decision.copy), total=len(decision.copy))
    return Done({"written": len(decision.copy), "unchanged": decision.unchanged})


def _set_running(deployment: Deployment) -> None:
    """From here on this is what visitors get; what a rollback leaves is not offered as good again."""
    if deployment.switched_at is None:
        Deployment.objects.filter(pk=deployment.pk).update(switched_at=Now())
    if deployment.kind == DeploymentKind.ROLLBACK and deployment.previous_id:
        Deployment.objects.filter(pk=deployment.previous_id).update(rolled_away=True)
    EnvironmentState.objects.filter(pk=deployment.environment_id).update(running=deployment, changed_at=Now())


def _write(
    context: StepContext, door: Door, wish: Wish, files: tuple[FileEntry, ...], listed: Mapping[str, str]
) -> None:
    """One phase. `index.html` is written when the pages it may lead to are there."""
    for group in _groups(files):
        jobs: Iterator[Job] = (write_job(wish, file, listed, fenced=True) for file in group)
        deliver(context, door, wish, group, jobs)


def _groups(files: tuple[FileEntry, ...]) -> Iterator[tuple[FileEntry, ...]]:
    first = tuple(file for file in files if file.path != "index.html")
    last = tuple(file for file in files if file.path == "index.html")
    yield from (group for group in (first, last) if group)


def _delete_left_pages(
    context: StepContext, door: Door, wish: Wish, listed: Mapping[str, str], ours: Mapping[str, Recorded]
) -> None:
    """Delete a static site's pages that we wrote and the release no longer names. An app's open tabs keep theirs."""
    if wish.environment.kind != Kind.STATIC:
        return
    left = [
        key
        for key, record in ours.items()
        if record.content_type.startswith("text/html")
        and key not in wish.served.by_path
        and listed.get(key) == record.etag
    ]
    if left:
        jobs = (delete_job(wish.environment, key, listed[key]) for key in left)
        deliver(context, door, wish, (), jobs)
        context.log(f"{len(left)} pages that the release no longer names were deleted.")
