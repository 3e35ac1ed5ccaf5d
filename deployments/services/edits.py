"""Changes that somebody made to functions by hand, taken as they are from now on."""

from collections.abc import Collection, Mapping
from typing import Any

from django.urls import reverse
from django.utils import timezone

from audit.services import record
from deployments.fleet_planner import Edit
from deployments.models import Fleet, KnownFunction
from deployments.selectors.fleets import edited_by_hand, fleet_of
from deployments.wording import listed
from products.models import Environment
from users.actions import action
from users.models import User
from users.refusals import Invalid, Missing, WrongState

Edits = Mapping[str, tuple[Edit, ...]]


@action("fleet.accept", permission="deployment.promote")
def accept_edits(
    *, actor: User, environment: Environment, reason: str, names: Collection[str] = ()
) -> list[str]:
    """Take functions that were edited by hand as the console's own from now on, all or those of these handlers.

    What callers get does not change by it. Answers their names. Raises Invalid without a reason, Missing for a handler
    that was not edited, WrongState when none was.
    """
    if not reason.strip():
        raise Invalid("Say why; the reason goes on record.", errors={"reason": ["A reason is needed."]})
    fleet = _locked(environment)
    edited = edited_by_hand(fleet)
    accepted = {name: edited[name] for name in _wanted(environment, edited, names)}
    for row in fleet.known.filter(name__in=accepted):
        _take(row, (fleet.functions or {})[row.name])
    record(
        actor=actor,
        action="fleet.accept",
        product=environment.product.slug,
        environment=environment.name,
        subject=str(fleet),
        subject_url=reverse("environment", args=[environment.product.slug, environment.name]),
        summary=f"Accepted what was changed by hand in {listed(accepted)}.",
        reason=reason,
        before={name: _told(edits, "old") for name, edits in accepted.items()},
        after={name: _told(edits, "new") for name, edits in accepted.items()},
    )
    return list(accepted)


def _locked(environment: Environment) -> Fleet:
    found = fleet_of(environment)
    if found is None:
        raise WrongState(f"Nobody has looked at the back end of {environment} yet. Look at it first.")
    return Fleet.objects.select_for_update().get(pk=found.pk)


def _wanted(environment: Environment, edited: Edits, names: Collection[str]) -> list[str]:
    if not edited:
        raise WrongState(f"No handler of {environment} was edited by hand, as it was last seen.")
    others = sorted(set(names) - edited.keys())
    if others:
        raise Missing(f"Not edited by hand, as last seen: {listed(others)}. Nothing was accepted.")
    return sorted(names or edited)


def _take(row: KnownFunction, seen: Mapping[str, Any]) -> None:
    row.sha256, row.version = seen["sha256"], seen["live"]
    row.runtime, row.memory = seen["runtime"], seen["memory"]
    row.architecture, row.keys = seen["architecture"], seen["keys"]
    row.at = timezone.now()
    row.save()


def _told(edits: tuple[Edit, ...], side: str) -> dict[str, str]:
    return {edit.field: getattr(edit, side) for edit in edits}
