"""Looking at what an environment stands on: the functions behind its API, and whether its way back is open.

Nothing in AWS changes by it.
"""

from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse

from audit.services import record
from deployments.models import Fleet, Readiness
from deployments.selectors.fleets import has_back_end
from products.models import Account, Environment
from runs.models import Run
from runs.services import start
from users.actions import action
from users.models import User
from users.refusals import WrongState


@action("environment.look", permission="run.steer")
def look(*, actor: User, environment: Environment, reason: str = "") -> Run:
    """Start both looks because somebody asks for them; says which Run sees the way back. Raises Busy."""
    if has_back_end(environment):
        look_at(actor=actor, environment=environment)
    run = look_back(actor=actor, environment=environment)
    record(
        actor=actor,
        action="environment.look",
        product=environment.product.slug,
        environment=environment.name,
        subject=str(environment),
        subject_url=run.url,
        summary=f"Look at {environment} started.",
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
        run = _look_at_fleet(actor, environment, account)
        Fleet.objects.update_or_create(
            account=account, prefix=environment.function_prefix, defaults={"run": run}
        )
    return run


def look_back(*, actor: User | None, environment: Environment) -> Run:
    """Start a Run that sees whether all that a rollback would need is there. Raises Busy while one is under way."""
    with transaction.atomic():
        run = start(
            kind="readiness",
            title=f"Look whether the way back of {environment} is open",
            scopes=[f"readiness:{environment.pk}"],
            actor=actor,
            url=_page(environment),
        )
        Readiness.objects.update_or_create(environment=environment, defaults={"run": run, "asked_at": Now()})
    return run


def _look_at_fleet(actor: User | None, environment: Environment, account: Account) -> Run:
    return start(
        kind="observe",
        title=f"Look at {environment.function_prefix}* in {account}",
        scopes=[f"observe:{account.aws_id}/{environment.function_prefix}"],
        actor=actor,
        url=_page(environment),
    )


def _page(environment: Environment) -> str:
    return reverse("environment", args=[environment.product.slug, environment.name])
