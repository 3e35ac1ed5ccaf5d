"""Copying assets out of the archive: hashed ones first, then plain ones. What names them comes later, in `switch`."""

from collections.abc import Mapping

from deployments.manifest import FileEntry, Role
from deployments.models import Deployment
from deployments.steps.delivery import deliver, listing, recorded
from deployments.steps.wish import Wish
from deployments.writing import Decision, Recorded, needed
from products.door import aws_step, open_account
from runs.steps import Done, StepContext, StepFailed, Wait

MOST_REPLACED = 100
"""Beyond as many replaced paths the invalidation is one wildcard anyway, so no more are remembered."""


@aws_step
def copy(context: StepContext) -> Done | Wait:
    """Both kinds by one listing. A hashed name tells its content, so a late write harms nobody; where a file is
    replaced in place, the write is fenced."""
    wish = Wish.of(context)
    door = open_account(context, wish.environment.frontend_account)
    listed = listing(door, wish.environment)
    ours = recorded(wish.environment)
    hashed = needed(wish.files(Role.HASHED), listed, ours)
    plain = needed(wish.files(Role.PLAIN), listed, ours)
    _refuse_other_bytes(hashed, listed, ours)
    remember_replaced(context, wish.deployment, plain.replaced)
    unfenced = {file.path for file in hashed.copy}.difference(file.path for file in hashed.replaced)
    context.log(_sentence(hashed, plain))
    written = deliver(context, door, wish, (hashed.copy, plain.copy), listed, unfenced)
    return Done({"written": written, "unchanged": hashed.unchanged + plain.unchanged})


def _sentence(hashed: Decision, plain: Decision) -> str:
    replaced = len(hashed.replaced) + len(plain.replaced)
    return (
        f"{len(hashed.copy)} hashed and {len(plain.copy)} plain assets to write, {replaced} of them in place of "
        f"others; {hashed.unchanged + plain.unchanged} are there already."
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
