"""The check of an account: take each role, with and without its external id, and try every right it needs.

It changes nothing in AWS. What AWS refuses is a finding, not a failure of the check.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from django.conf import settings

from aws.access import Access, connect
from aws.access import Account as Door
from aws.errors import AwsError
from aws.rights import Finding as Right
from aws.rights import needs_external_id, try_apis, try_numbers, try_rights, try_roles
from aws.sessions import Identity
from products.access import RoleAccess, access_for
from products.models import Account, AccountCheck, Purpose
from products.policies import kept_by_console, policies_of, purposes_of
from products.reach import reach_of, rows
from products.services import CHECK_KIND, save_check
from runs.steps import Done, Recipe, Step, StepContext

NOT_TRIED = "Not tried: it would change something. The first plan that is applied shows it. The policy below includes it."
WRITES = {
    Purpose.DNS: "route53:ChangeResourceRecordSets",
    Purpose.ESTATE: "s3:PutBucketPolicy and the like",
    Purpose.ACCESS: "iam:PutRolePolicy and the like",
}
"""What roles do that are not asked for their rights."""


@dataclass(frozen=True)
class Finding:
    """One line of the result. `ok` None: it could not be asked."""

    what: str
    ok: bool | None
    text: str = ""


def look(context: StepContext) -> Done:
    """Try everything and keep what was found."""
    account = AccountCheck.objects.select_related("account").get(run=context.run).account
    findings: list[Finding] = []
    for purpose in purposes_of(account):
        context.progress(note=f"Trying the role for the purpose {purpose.label.lower()}")
        findings += _role(context, access_for(account, purpose), purpose, account)
    if not findings:
        text = "Nothing can be read or deployed here until an admin adds its roles."
        findings.append(Finding(f"Account {account.name} has a role", False, text))
    with context.transaction():
        save_check(account, [asdict(finding) for finding in findings], policies_of(account))
    return Done({"findings": len(findings), "failed": sum(finding.ok is False for finding in findings)})


RECIPE = Recipe(CHECK_KIND, (Step("look", "Look", look),))


def _role(context: StepContext, role: RoleAccess, purpose: Purpose, account: Account) -> Iterator[Finding]:
    identity = Identity(settings.CONSOLE_AWS_PROFILE, service=not settings.CONSOLE_AWS_PROFILE)
    access = Access(**asdict(role))
    label = purpose.label.lower()
    try:
        # A session of its own: one taken before would still work after its trust policy was changed.
        door = connect(
            access,
            session_name=f"console-check-{context.run.pk}-{context.step.attempts}",
            lease=context.lease,
            record=context.call,
            identity=identity,
        )
        yield Finding(f"{label}: the role can be taken", True, f"It acts in account {door.account_id}.")
    except AwsError as error:
        yield Finding(f"{label}: the role can be taken", False, str(error))
        return
    yield _external_id(access, identity, label)
    for right in _rights(door, purpose, account):
        if right.action != "sts:GetCallerIdentity":
            yield Finding(f"{label}: {right.action} on {right.resource}", right.ok, right.error)


def _rights(door: Door, purpose: Purpose, account: Account) -> Iterator[Right]:
    if purpose == Purpose.ACCESS:
        names = [arn.rsplit("/", 1)[-1] for arn in kept_by_console(account)]
        yield from try_roles(door, names)
    if purpose in WRITES:
        yield Right(WRITES[purpose], account.name, None, NOT_TRIED)
        return
    known = rows()
    for reach in reach_of(account, known):
        yield from try_rights(door, reach, writes=purpose == Purpose.DEPLOY)
    if purpose == Purpose.READ:
        yield from try_numbers(door)
    callers = known.callers(account)
    yield from try_apis(door, {(one.api_origin, one.function_prefix) for one in callers if one.api_origin})


def _external_id(access: Access, identity: Identity, label: str) -> Finding:
    what = f"{label}: the external id is required"
    try:
        required = needs_external_id(access, identity)
    except AwsError as error:
        return Finding(what, None, f"It could not be tried. {error}")
    if required:
        return Finding(what, True)
    return Finding(
        what,
        False,
        f"Anybody who knows the role's name may use it: AWS handed out {access.role_arn} without the external id. "
        "Install the trust policy below.",
    )
