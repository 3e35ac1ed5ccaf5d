"""Deleting old assets: only keys that we wrote, that no kept release names, and only while nothing else moves."""

from datetime import datetime

from django.utils import timezone

from aws.fanout import Transfer
from deployments.manifest import Manifest
from deployments.models import Delivered, EnvironmentState
from deployments.selectors.retained import retained_manifests
from deployments.steps.delivery import BATCH, listing, remove
from deployments.writing import KEPT_FOR, prunable
from products.door import aws_step, open_account
from products.models import Environment
from runs.steps import Done, StepContext, StepFailed, Wait

SCOPE = "environment:"


def environment_of(context: StepContext) -> Environment:
    """The environment whose scope the Run holds."""
    pk = next(name.removeprefix(SCOPE) for name in context.run.scope_names if name.startswith(SCOPE))
    return Environment.objects.select_related("product", "frontend_account").get(pk=pk)


@aws_step
def prune(context: StepContext) -> Done | Wait:
    """Delete what is due, at most a thousand keys between two looks at the rows."""
    environment = environment_of(context)
    door = open_account(context, environment.frontend_account)
    listed = listing(door, environment)
    written = dict(Delivered.objects.filter(environment=environment).values_list("key", "etag"))
    ours = {key: etag for key, etag in written.items() if listed.get(key) == etag}
    due = _due(environment, ours, len(listed))
    context.progress(done=0, total=len(due))
    with Transfer(door) as transfer:
        for first in range(0, len(due), BATCH):
            batch = _still_due(environment, due[first : first + BATCH])
            remove(context, transfer, environment, {key: ours[key] for key in batch})
            context.progress(done=min(first + BATCH, len(due)))
    return Done({"deleted": len(due)})


def _due(environment: Environment, ours: dict[str, str], listed: int) -> tuple[str, ...]:
    decision = prunable(ours, _written_at(environment), _kept(environment), timezone.now(), in_bucket=listed)
    if decision.stopped:
        raise StepFailed(decision.stopped)
    return decision.keys


def _written_at(environment: Environment) -> dict[str, datetime]:
    """Since when a key can have been without a reference: not before we wrote it. Later references are kept manifests."""
    return dict(Delivered.objects.filter(environment=environment).values_list("key", "at"))


def _kept(environment: Environment) -> list[Manifest]:
    return retained_manifests(environment, timezone.now() - KEPT_FOR)


def _still_due(environment: Environment, keys: tuple[str, ...]) -> list[str]:
    """The rows again: what a release names by now is no longer due."""
    if EnvironmentState.objects.filter(environment=environment, active__isnull=False).exists():
        raise StepFailed(
            f"A deployment of {environment} is under way. Nothing more is deleted; the next prune goes on."
        )
    named = {path for manifest in _kept(environment) for path in manifest.by_path}
    return [key for key in keys if key not in named]
