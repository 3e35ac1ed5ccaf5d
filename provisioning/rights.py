"""The moments in which rights that an apply has just written do not hold yet."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from django.utils import timezone

from aws.errors import AccessDenied, NotFound
from products.models import Purpose
from provisioning.kinds import KEPT_BY, Denied
from provisioning.models import ChangeState, Resource
from runs.steps import Done, StepContext, StepFailed, Wait

SPREADING = timedelta(seconds=60)
"""AWS: a change of IAM holds everywhere after seconds, and nothing tells when."""
AGAIN_SECONDS = 2.0
NOT_YET_HELD = "Rights that were just written do not hold everywhere yet."

StepFunction = Callable[[StepContext], Done | Wait]


def once_rights_hold(function: StepFunction) -> StepFunction:
    """Makes a refusal of AWS a reason to wait, as long as the apply has written rights a moment ago."""

    @wraps(function)
    def step(context: StepContext) -> Done | Wait:
        try:
            return function(context)
        except (AccessDenied, Denied, NotFound) as error:
            if _of_rights(error) and rights_spread(context):
                return Wait(AGAIN_SECONDS, f"{NOT_YET_HELD} {error}")
            if isinstance(error, Denied):
                raise StepFailed(str(error)) from error
            raise

    return step


def _of_rights(error: Exception) -> bool:
    """AWS: a role that was just made may not be there yet for the next call of IAM, either."""
    return not isinstance(error, NotFound) or error.service == "iam"


def rights_spread(context: StepContext) -> bool:
    """Whether this apply wrote rights so short ago that AWS may not know of them everywhere."""
    kinds = [kind for kind, purpose in KEPT_BY.items() if purpose == Purpose.ACCESS]
    written = context.run.apply.changes.filter(kind__in=kinds, state=ChangeState.DONE)
    lately = Resource.objects.filter(kind__in=kinds, applied_at__gte=timezone.now() - SPREADING)
    return lately.filter(account__in=written.values("account")).exists()
