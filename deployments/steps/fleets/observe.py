"""Looking at a fleet without changing anything, so that plans know it."""

from datetime import datetime

from django.utils import timezone

from deployments.models import Fleet
from deployments.steps.fleets.look import save_sight, see
from deployments.steps.fleets.reach import open_fleet
from products.door import aws_step
from products.models import Purpose
from runs.models import RunScope
from runs.steps import Done, StepContext, Wait


@aws_step
def observe(context: StepContext) -> Done | Wait:
    """See functions, bindings and code storage, as the role that only reads."""
    fleet = Fleet.objects.select_related("account").get(run=context.run)
    door, began = open_fleet(context, fleet.account, Purpose.READ), timezone.now()
    sight = see(door, fleet, aliases=True)
    with context.transaction():
        if _overtaken(fleet, began):
            return Done({"overtaken": True})
        save_sight(fleet, sight)
    return Done({"functions": len(sight.functions), "mode": sight.mode})


def _overtaken(fleet: Fleet, began: datetime) -> bool:
    """Whether a deployment changes the fleet or has changed it since: it notes itself how it leaves functions."""
    row = Fleet.objects.select_for_update().get(pk=fleet.pk)
    newer = row.observed_at is not None and row.observed_at > began
    return newer or RunScope.objects.filter(scope=fleet.scope).exists()
