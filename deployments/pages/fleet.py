"""The back end of an environment as its page shows it: what its API calls, how fresh that is, what was edited by hand."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from deployments.fleet_planner import Edit
from deployments.models import Deployment, Fleet
from deployments.pages.handlers import MODES, edit_in_words
from deployments.pages.prune import prune_url
from deployments.selectors.fleets import edited_by_hand, fleet_of, handlers_of, has_back_end, sharing
from deployments.wording import listed
from products.models import Environment
from users.actions import allowed
from users.models import User

OLD_AFTER = timedelta(minutes=15)
"""The console looks every few minutes, so an older sight means that looking fails."""

EDITED_SHOWN = 20
DEPLOYED = ("code", "live version")
"""What a deployment puts back; other configuration is not the console's to write."""


def back_end(user: User, environment: Environment) -> dict[str, Any] | None:
    """The context of `deployments/_back_end.html`; None where the back end is not known."""
    account = environment.backend_account
    if account is None or not has_back_end(environment):
        return None
    fleet = fleet_of(environment)
    return {
        "name": f"{environment.function_prefix}*",
        "account": f"{account.name} {account.aws_id}, {account.region}",
        "sharing": [(str(one), _address(one)) for one in sharing(environment)],
        "seen": fleet is not None and fleet.observed_at is not None,
        **(_seen(user, environment, fleet) if fleet else {}),
    }


def _address(environment: Environment, name: str = "environment", *more: str) -> str:
    return reverse(name, args=[environment.product.slug, environment.name, *more])


def _seen(user: User, environment: Environment, fleet: Fleet) -> dict[str, Any]:
    running, seen_at = fleet.running, fleet.observed_at
    edited = edited_by_hand(fleet)
    return {
        "mode": MODES[fleet.mode],
        "running": called_version(running, environment) if running else "",
        "running_url": reverse("deployment", args=[running.pk]) if running else "",
        "functions": None if fleet.functions is None else len(fleet.functions),
        "code_used": fleet.code_used,
        "code_limit": fleet.code_limit,
        "code_share": fleet.code_used / fleet.code_limit if fleet.code_used and fleet.code_limit else None,
        "seen_at": seen_at,
        "old": seen_at is not None and timezone.now() - seen_at > OLD_AFTER,
        "looking": fleet.run is not None and fleet.run.is_active,
        "look_failed": fleet.run.error if fleet.run is not None else "",
        "edited": [
            (name, [edit_in_words(*edit) for edit in edits])
            for name, edits in list(edited.items())[:EDITED_SHOWN]
        ],
        "edited_total": len(edited),
        "prune_url": prune_url(user, environment, fleet),
        **_decisions(user, environment, running, edited),
    }


def called_version(running: Deployment, environment: Environment) -> str:
    """The release whose handlers are called; with its product when that is another one's."""
    release = running.called
    return release.version if release.product_id == environment.product_id else str(release)


def _decisions(
    user: User, environment: Environment, running: Deployment | None, edited: Mapping[str, Sequence[Edit]]
) -> dict[str, Any]:
    """What this person may do about handlers that were edited by hand, and what stays theirs to do in AWS."""
    if not edited or not allowed(user, "deployment.promote"):
        return {}
    ours = running is not None and running.called.product_id == environment.product_id
    held = handlers_of(running.backend).by_name.keys() if ours and running and running.backend else set()
    deployable = {name for name, edits in edited.items() if any(edit.field in DEPLOYED for edit in edits)}
    back = _address(environment, "promote", running.called.version) if running and deployable & held else ""
    kept = sorted(name for name, edits in edited.items() if not _goes_back(name in held, edits))
    return {
        "put_back_url": f"{back}?half=backend" if back else "",
        "not_put_back": listed(kept),
        "accept_url": reverse("back-end-accept", args=[environment.product.slug, environment.name]),
    }


def _goes_back(held: bool, edits: Sequence[Edit]) -> bool:
    """Whether deploying what runs once more undoes all of it."""
    return held and all(edit.field in DEPLOYED for edit in edits)
