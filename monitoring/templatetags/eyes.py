"""Template tags for what is measured and found, on pages of apps that do not know of it."""

from typing import Any

from django import template

from deployments.models import Deployment
from monitoring.models import EdgeTruth, Watch
from monitoring.pages.health import health_card
from monitoring.pages.now import numbers_now
from monitoring.selectors.truth import fresh_truth
from products.models import Environment
from users.models import User

register = template.Library()


@register.simple_tag
def health_of(user: User, deployment: int) -> dict[str, Any] | None:
    """The card about how things went after a deployment, None where nobody watched."""
    return health_card(user, deployment)


@register.simple_tag
def truth_of(environment: Environment, running: Deployment | None) -> EdgeTruth | None:
    """What was last seen of an environment, None where nobody looked since its last deployment."""
    return fresh_truth(environment, running)


@register.simple_tag
def numbers_of(environment: Environment) -> dict[str, Any] | None:
    """The last hour of an environment, None where nothing is measured."""
    return numbers_now(environment)


@register.simple_tag
def newest_watch_of(environment: Environment) -> Watch | None:
    """The watch over the newest deployment that went live."""
    return (
        Watch.objects.filter(environment=environment)
        .order_by("-began_at")
        .select_related("deployment__release")
        .first()
    )
