"""The moment visitors change over: config, entry points and service workers are written, in this order, in one step."""

from collections.abc import Iterator, Mapping

from django.db.models.functions import Now

from aws.access import Account as Door
from aws.errors import AwsError
from aws.fanout import Transfer, TransferFailed
from deployments.manifest import INDEX, FileEntry, Role
from deployments.models import Delivered, Deployment, DeploymentKind, EnvironmentState
from deployments.steps.copy import remember_replaced
from deployments.steps.delivery import deliver, listing_around, recorded, remove
from deployments.steps.wish import Wish
from deployments.writing import needed
from products.door import HOPELESS, aws_step, open_account
from products.models import Kind
from runs.steps import Done, StepContext, Wait

PHASES = (Role.CONFIG, Role.ENTRY_POINT, Role.SERVICE_WORKER)


@aws_step
def switch(context: StepContext) -> Done | Wait:
    """Write what names the assets. Every write is fenced: a worker that wakes up late can put nothing back."""
    wish = Wish.of(context)
    door = open_account(context, wish.environment.frontend_account)
    files, left = wish.files(*PHASES), _left_pages(wish)
    keys = [*(file.path for file in files), *left]
    listed = listing_around(door, wish.environment, keys)
    decision = needed(files, listed, recorded(wish.environment, keys))
    remember_replaced(context, wish.deployment, decision.replaced)
    with context.transaction():
        _set_running(wish.deployment)
    written = _write(context, door, wish, decision.copy, listed)
    _delete(context, door, wish, {key: etag for key, etag in left.items() if listed.get(key) == etag})
    return Done({"written": written, "unchanged": decision.unchanged})


def _set_running(deployment: Deployment) -> None:
    """From here on this is what visitors get; what a rollback leaves is not offered as good again."""
    if deployment.switched_at is None:
        Deployment.objects.filter(pk=deployment.pk).update(switched_at=Now())
    if deployment.kind == DeploymentKind.ROLLBACK and deployment.previous_id:
        Deployment.objects.filter(pk=deployment.previous_id).update(rolled_away=True)
    EnvironmentState.objects.filter(pk=deployment.environment_id).update(running=deployment, changed_at=Now())


def _write(
    context: StepContext, door: Door, wish: Wish, files: tuple[FileEntry, ...], listed: Mapping[str, str]
) -> int:
    """Write phase by phase. When S3 refuses for good before anything is written, what ran before runs on."""
    try:
        return deliver(context, door, wish, tuple(_groups(files)), listed)
    except TransferFailed as failed:
        if isinstance(failed.error, HOPELESS) and not _begun(door, wish, files):
            with context.transaction():
                _set_back(wish.deployment)
            context.log("Nothing was written: visitors still get what they got before.", "warn")
        raise


def _begun(door: Door, wish: Wish, files: tuple[FileEntry, ...]) -> bool:
    """Whether one of the files lies there already; also when that cannot be seen."""
    try:
        there = listing_around(door, wish.environment, [file.path for file in files])
    except AwsError:
        return True
    return any(there.get(file.path) == file.md5 for file in files)


def _set_back(deployment: Deployment) -> None:
    Deployment.objects.filter(pk=deployment.pk).update(switched_at=None)
    if deployment.kind == DeploymentKind.ROLLBACK and deployment.previous_id:
        Deployment.objects.filter(pk=deployment.previous_id).update(rolled_away=False)
    EnvironmentState.objects.filter(pk=deployment.environment_id).update(
        running=deployment.previous_id, changed_at=Now()
    )


def _groups(files: tuple[FileEntry, ...]) -> Iterator[tuple[FileEntry, ...]]:
    """Phase by phase. `index.html` is written when the pages it may lead to are there."""
    for phase in PHASES:
        of_phase = [file for file in files if file.role is phase]
        yield tuple(file for file in of_phase if file.path != INDEX)
        yield tuple(file for file in of_phase if file.path == INDEX)


def _left_pages(wish: Wish) -> dict[str, str]:
    """Key to ETag of a static site's pages that we wrote and the release no longer names. An app's open tabs keep theirs."""
    if wish.environment.kind != Kind.STATIC:
        return {}
    pages = Delivered.objects.filter(environment=wish.environment, content_type__startswith="text/html")
    return {key: etag for key, etag in pages.values_list("key", "etag") if key not in wish.served.by_path}


def _delete(context: StepContext, door: Door, wish: Wish, etags: dict[str, str]) -> None:
    if etags:
        with Transfer(door) as transfer:
            remove(context, transfer, wish.environment, etags)
        context.log(f"{len(etags)} pages that the release no longer names were deleted.")
