"""How a step reaches an AWS account, and which of AWS's answers no retry can help."""

from collections.abc import Callable
from functools import partial, wraps

from django.conf import settings

from aws import errors
from aws.access import Access, connect
from aws.access import Account as Door
from aws.bucket import Unreachable
from aws.calls import PATIENCE_SECONDS
from aws.fanout import TransferFailed
from aws.pace import UNPACED, Pace
from aws.sessions import Identity
from products.access import rights_written
from products.models import Account, Purpose
from runs.steps import Done, StepContext, StepFailed, Wait

HOPELESS = (
    errors.NotFound,
    errors.AccessDenied,
    errors.WrongAccount,
    errors.OtherContent,
    errors.SignInExpired,
    errors.NoCredentials,
    errors.Untrusted,
)

FENCED = (errors.PreconditionFailed, errors.ConditionalConflict, errors.SignatureExpired)
"""A fenced write that was refused, perhaps because its own first try had lost its answer. While others of the batch are
written, the step makes progress, and looking again is no failed attempt."""

AGAIN_SECONDS = 2.0
LOOKING_SECONDS = 10.0
NOT_YET_HELD = "Rights that were just written do not hold everywhere yet."

StepFunction = Callable[[StepContext], Done | Wait]


def open_account(
    context: StepContext,
    account: Account,
    purpose: Purpose = Purpose.DEPLOY,
    pace: Pace = UNPACED,
    patience: float = PATIENCE_SECONDS,
) -> Door:
    """Take the account's role for a purpose, in the name of the Run and its person, and call at this pace and patience.

    Raises StepFailed when the account names no such role; else what `aws.access.connect` raises.
    """
    return way_into(context, account, purpose, pace, patience)()


def way_into(
    context: StepContext,
    account: Account,
    purpose: Purpose,
    pace: Pace = UNPACED,
    patience: float = PATIENCE_SECONDS,
) -> Callable[[], Door]:
    """What opens that door. The database is asked now, AWS by the call, so that several are opened at a time."""
    role = account.roles.filter(purpose=purpose).first()
    if role is None:
        raise StepFailed(
            f"Account {account.name} names no role for the purpose {purpose}. An admin adds it on the account's page."
        )
    actor = context.run.actor
    return partial(
        connect,
        Access(account.aws_id, account.region, role.role_arn, role.external_id),
        session_name=f"console-run-{context.run.pk}",
        source_identity=actor.get_username() if actor else "",
        lease=context.lease,
        record=context.call,
        identity=Identity(settings.CONSOLE_AWS_PROFILE, service=not settings.CONSOLE_AWS_PROFILE),
        pace=pace,
        patience=patience,
    )


def look_into(context: StepContext, account: Account) -> Door:
    """As `open_account` for what only looks: it gives its worker back soon, and its Run tries again later."""
    return open_account(context, account, Purpose.READ, patience=LOOKING_SECONDS)


def _final(error: errors.AwsError) -> Wait:
    """Raises StepFailed, but where the refusal may be of rights that were just written.

    AWS: these hold everywhere only after some seconds, and until then a new role may be unknown to IAM itself.
    """
    of_rights = isinstance(error, errors.AccessDenied) or error.service == "iam"
    if of_rights and any(lately(error.account_id) for lately in rights_written):
        return Wait(AGAIN_SECONDS, f"{NOT_YET_HELD} {error}")
    raise StepFailed(str(error)) from error


def aws_step(function: StepFunction) -> StepFunction:
    """Makes AWS's final answers final for the step; all others are tried again by the runner."""

    @wraps(function)
    def step(context: StepContext) -> Done | Wait:
        try:
            return function(context)
        except TransferFailed as failed:
            if isinstance(failed.error, HOPELESS):
                return _final(failed.error)
            if isinstance(failed.error, FENCED) and failed.written:
                return Wait(0, f"Looks again before it goes on. {failed.error}")
            raise failed.error from failed
        except HOPELESS as error:
            return _final(error)
        except Unreachable as error:
            return Wait(2, str(error))

    return step
