"""Pruning: old assets that no release still needs are deleted, and old versions of functions."""

from django.urls import reverse

from audit.services import record
from deployments.selectors.fleets import fleet_of
from products.models import Environment
from runs.models import Run
from runs.services import start
from users.actions import action
from users.models import User
from users.refusals import Invalid, WrongState


@action("fleet.prune", permission="run.steer")
def prune_versions(*, actor: User | None, environment: Environment, reason: str) -> Run:
    """Start a Run that deletes old versions of the functions behind an environment's API.

    Raises Invalid without a reason, Busy while another Run works on them, WrongState when they are not known.
    """
    if not reason.strip():
        raise Invalid("Say why; the reason goes on record.", errors={"reason": ["A reason is needed."]})
    fleet = fleet_of(environment)
    if fleet is None:
        raise WrongState(
            f"Nobody has looked at the back end of {environment} yet, so there is nothing to prune."
        )
    run = start(
        kind="prune-versions",
        title=f"Prune versions of {fleet}",
        scopes=[fleet.scope],
        actor=actor,
        url=reverse("back-end-prune", args=[environment.product.slug, environment.name]),
    )
    record(
        actor=actor,
        action="fleet.prune",
        product=environment.product.slug,
        environment=environment.name,
        subject=str(fleet),
        summary=f"Pruning of {fleet} started: the newest five versions stay, and those that an alias names.",
        reason=reason,
        run=run.pk,
    )
    return run


@action("environment.prune", permission="run.steer")
def prune(*, actor: User | None, environment: Environment, reason: str) -> Run:
    """Start a Run that deletes what is due (`deployments.writing.prunable`). Raises Busy while another Run works there."""
    run = start(
        kind="prune",
        title=f"Prune {environment}",
        scopes=[f"environment:{environment.pk}", f"bucket:{environment.bucket}"],
        actor=actor,
        url=reverse("environment", args=[environment.product.slug, environment.name]),
    )
    record(
        actor=actor,
        action="environment.prune",
        product=environment.product.slug,
        environment=environment.name,
        subject=str(environment),
        summary=f"Pruning of {environment} started: assets that no kept release names are deleted.",
        reason=reason,
        run=run.pk,
    )
    return run
