"""Looking at the functions behind an environment's API. Nothing in AWS changes by it."""

from django.db import transaction
from django.urls import reverse

from audit.services import record
from deployments.models import Fleet
from deployments.selectors.fleets import has_back_end
from products.models import Account, Environment
from runs.models import Run
from runs.services import start
from users.actions import action
from users.models import User
from users.refusals import WrongState


@action("fleet.look", permission="run.steer")
def look(*, actor: User, environment: Environment, reason: str = "") -> Run:
    """Start a look because somebody asks for it. Raises as `look_at` does."""
    run = look_at(actor=actor, environment=environment)
    record(
        actor=actor,
        action="fleet.look",
        product=environment.product.slug,
        environment=environment.name,
        subject=str(environment),
        subject_url=run.url,
        summary=f"Look at the back end of {environment} started.",
        reason=reason,
        run=run.pk,
    )
    return run


def look_at(*, actor: User | None, environment: Environment) -> Run:
    """Start a Run that sees functions, aliases, bindings and code storage; the console's own are not put on record.

    Raises Busy while such a look is under way, WrongState when the environment's back end is not known.
    """
    account = environment.backend_account
    if account is None or not has_back_end(environment):
        raise WrongState(
            f"The back end of {environment} is not known: it has no account or function prefix. An admin fills them in "
            "in the environment's settings."
        )
    with transaction.atomic():
        run = _start(actor, environment, account)
        Fleet.objects.update_or_create(
            account=account, prefix=environment.function_prefix, defaults={"run": run}
        )
    return run


def _start(actor: User | None, environment: Environment, account: Account) -> Run:
    return start(
        kind="observe",
        title=f"Look at {environment.function_prefix}* in {account}",
        scopes=[f"observe:{account.aws_id}/{environment.function_prefix}"],
        actor=actor,
        url=reverse("environment", args=[environment.product.slug, environment.name]),
    )
