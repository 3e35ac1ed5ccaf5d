"""The card about how an environment fares after a deployment."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from deployments.models import Deployment, DeploymentKind
from deployments.selectors.deployments import running_back_end, state_of
from monitoring.models import Verdict, Watch
from users.actions import allowed
from users.models import User

RELATED = ("deployment__release", "deployment__environment__product", "rollback__release")


def watch_over(deployment: int) -> Watch | None:
    """With what the card shows."""
    return Watch.objects.filter(pk=deployment).select_related(*RELATED).first()


def health_card(user: User, deployment: int) -> dict[str, Any] | None:
    """The context of `monitoring/_health.html`, None where nobody watched."""
    watch = watch_over(deployment)
    if watch is None:
        return None
    environment = watch.deployment.environment
    slug, name = environment.product.slug, environment.name
    return {
        "watch": watch,
        "figures": watch.figures,
        "over": timezone.now() >= watch.ends_at,
        "rollback_url": reverse("rollback", args=[slug, name]) if _offers_rollback(user, watch) else "",
        "numbers_url": f"{reverse('monitoring', args=[slug])}?env={name}&range=1h",
        "poll_url": reverse("deployment-health", args=[watch.pk]) if _may_change(watch) else "",
    }


def _offers_rollback(user: User, watch: Watch) -> bool:
    """Where it was found to be degraded, still runs, and is no rollback itself."""
    one: Deployment = watch.deployment
    if watch.verdict != Verdict.DEGRADED or watch.rollback_id or one.kind == DeploymentKind.ROLLBACK:
        return False
    runs = one in (state_of(one.environment).running, running_back_end(one.environment))
    return runs and allowed(user, "deployment.rollback")


def _may_change(watch: Watch) -> bool:
    waits = watch.verdict == Verdict.DEGRADED and watch.environment.auto_rollback
    return watch.verdict == Verdict.WATCHING or (waits and not watch.rollback_id and not watch.held)
