"""Asking again what an environment serves."""

from django.urls import reverse

from audit.services import record
from deployments.selectors.deployments import state_of
from monitoring.looking import look_at
from products.models import Environment
from runs.models import Run
from users.actions import action
from users.models import User
from users.refusals import WrongState


@action("truth.ask", permission="estate.view")
def ask(*, actor: User, environment: Environment) -> Run:
    """Start a look at bucket, edge and API. Raises Busy while one is under way, WrongState where nothing was deployed."""
    if state_of(environment).running is None:
        raise WrongState(
            f"Nothing runs in {environment} yet: deploy a release first, then ask what is served."
        )
    run = look_at(actor=actor, environment=environment)
    record(
        actor=actor,
        action="truth.ask",
        product=environment.product.slug,
        environment=environment.name,
        subject=str(environment),
        subject_url=reverse("environment", args=[environment.product.slug, environment.name]),
        summary=f"Asked what {environment} serves.",
        run=run.pk,
    )
    return run
