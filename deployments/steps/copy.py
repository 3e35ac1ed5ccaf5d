"""Copying assets out of the archive: hashed ones first, then plain ones. What names them comes later, in `switch`."""

from collections.abc import Mapping

from deployments.manifest import FileEntry, Role
from deployments.models import Deployment
from deployments.steps.delivery import deliver, listing, recorded, write_job
from deployments.steps.door import aws_step, open_account
from deployments.steps.wish import Wish
from deployments.writing import Decision, Recorded, needed
from runs.steps import Done, StepContext, StepFailed, Wait

MOST_REPLACED = 100
"""Beyond as many replaced paths the invalidation is one wildcard anyway, so no more are remembered."""


@aws_step
def copy_assets(context: StepContext) -> Done | Wait:
    """Hashed assets: their name tells their content, so a late write harms nobody."""
    return _copy(context, Role.HASHED)


@aws_step
def copy_files(context: StepContext) -> Done | Wait:
    """Plain assets: replaced in place, so each write is fenced."""
    return _copy(context, Role.PLAIN)


def _copy(context: StepContext, role: Role) -> Done:
    wish = Wish.of(context)
    files = wish.files(role)
    if not files:
        return Done({"written": 0, "unchanged": 0})
    door = open_account(context, wish.environment.frontend_account)
    listed = listing(door, wish.environment)
    ours = recorded(wish.environment)
    decision = needed(files, listed, ours)
    if role is Role.HASHED:
        _refuse_other_bytes(decision, listed, ours)
    else:
        remember_replaced(context, wish.deployment, decision.replaced)
    replaced = set(decision.replaced)
    jobs = (
        write_job(wish, file, listed, fenced=role is not Role.HASHED or file in replaced)
        for file in decision.copy
    )
    context.log(_sentence(decision))
    deliver(context, door, wish, decision.copy, jobs)
    return Done({"written": len(decision.copy), "unchanged": decision.unchanged})


def _sentence(decision: Decision) -> str:
    return (
        f"{len(decision.copy)} to write, {len(decision.replaced)} of them in place of others; "
        f"{decision.unchanged} are there already."
    )


def _refuse_other_bytes(decision: Decision, listed: Mapping[str, str], ours: Mapping[str, Recorded]) -> None:
    """A hashed name that we wrote with other bytes must stay: open pages and other releases name it."""
    for file in decision.replaced:
        record = ours.get(file.path)
        if record and record.etag == listed[file.path] and record.sha256 != file.sha256:
            raise StepFailed(
                f"{file.path} holds other bytes of an earlier release under the same hashed name, which browsers keep "
                "for a year. Nothing was replaced. Build again so that the file gets a new name."
            )


def remember_replaced(context: StepContext, deployment: Deployment, replaced: tuple[FileEntry, ...]) -> None:
    """Note which paths are about to be replaced, before they are: `invalidate` needs them after a crash, too."""
    paths = sorted({*deployment.replaced, *(file.path for file in replaced)})[:MOST_REPLACED]
    if paths != deployment.replaced:
        deployment.replaced = paths
        with context.transaction():
            deployment.save(update_fields=["replaced"])
