"""What is to be promoted to an environment next, as its page and the menu of its cell offer it."""

from typing import Any

from django.urls import reverse

from deployments.models import EnvironmentState
from deployments.selectors.coming import coming_back_end, coming_release
from deployments.selectors.plans import BACK_END
from products.models import Environment
from users.actions import allowed
from users.models import User


def coming(user: User, environment: Environment, state: EnvironmentState) -> dict[str, Any]:
    """`promote_url` and `promote_text` of a release with its front end, "" for none; and as `alone` the offer of a back
    end without it, None for none: url, text, version, and what pages `stay`."""
    offers: dict[str, Any] = {"promote_url": "", "promote_text": "", "alone": None}
    if not allowed(user, "deployment.promote"):
        return offers
    name, running = environment.name, state.running
    front = coming_release(environment, state)
    if front:
        offers["promote_url"] = _plan(environment, front.version)
        offers["promote_text"] = f"Promote {front.version} to {name}"
    if back := coming_back_end(environment, front):
        offers["alone"] = {
            "url": f"{_plan(environment, back.version)}?half={BACK_END}",
            "text": f"Promote {back.version} to {name}, back end only",
            "version": back.version,
            "stays": running.release.version if running else "",
        }
    return offers


def _plan(environment: Environment, version: str) -> str:
    return reverse("promote", args=[environment.product.slug, environment.name, version])
