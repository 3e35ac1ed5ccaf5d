"""The check of an account: take each role, with and without its external id, and try every right it needs.

It changes nothing in AWS. What AWS refuses is a finding, not a failure of the check.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from aws.access import Access, connect
from aws.access import Account as Door
from aws.api_address import domain_names, own_api
from aws.errors import AwsError
from aws.fleet_policies import FleetReach, fleet_deploy_policy, fleet_read_policy
from aws.policies import Reach, Zone, deploy_policy, dns_policy, read_policy, trust_policy
from aws.rights import Finding as Right
from aws.rights import needs_external_id, try_apis, try_rights
from aws.sessions import Identity
from products.access import RoleAccess, access_for, policies_for, zones_of
from products.models import Account, AccountCheck, Environment, Product, Purpose
from products.services import CHECK_KIND, save_check
from runs.steps import Done, Recipe, Step, StepContext

RECORDS_NOT_TRIED = "Not tried: the console changes no records yet. The policy below includes it."
RESOURCES_NOT_TRIED = (
    "Not tried: it would change them. The first plan that is applied shows it. The policy below includes it."
)
NOBODY = "the ARN of the workers' role (set CONSOLE_WORKER_PRINCIPAL)"


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
    for purpose in _purposes(account):
        context.progress(note=f"Trying the role for the purpose {purpose.label.lower()}")
        findings += _role(context, access_for(account, purpose), purpose, account)
    if not findings:
        text = "Nothing can be read or deployed here until an admin adds its roles."
        findings.append(Finding(f"Account {account.name} has a role", False, text))
    with context.transaction():
        save_check(account, [asdict(finding) for finding in findings], policies_of(account))
    return Done({"findings": len(findings), "failed": sum(finding.ok is False for finding in findings)})


RECIPE = Recipe(CHECK_KIND, (Step("look", "Look", look),))


def reach_of(account: Account) -> list[Reach]:
    """What the console works on in an account: the first holds all but further archives of releases."""
    environments = Environment.objects.filter(frontend_account=account).select_related("product")
    archives = _archives(account, environments)
    first = Reach(
        account_id=account.aws_id,
        buckets=tuple(sorted({e.bucket for e in environments})),
        distributions=tuple(sorted({e.distribution_id for e in environments if e.distribution_id})),
        artifact_bucket=archives[0][0] if archives else "",
        keeps_artifacts=bool(archives) and archives[0][1],
    )
    more = [Reach(account.aws_id, artifact_bucket=name, keeps_artifacts=kept) for name, kept in archives[1:]]
    return [first, *more]


def policies_of(account: Account) -> list[dict[str, Any]]:
    """Per role: the trust policy and the least permissions to install, as JSON documents."""
    principal = settings.CONSOLE_WORKER_PRINCIPAL or NOBODY
    reaches, fleets = reach_of(account), fleet_reach_of(account)
    permissions = {
        Purpose.READ: [*(read_policy(reach) for reach in reaches), *_of(fleets, fleet_read_policy)],
        Purpose.DEPLOY: [*(deploy_policy(reach) for reach in reaches), *_of(fleets, fleet_deploy_policy)],
        Purpose.DNS: [dns_policy(_zones(account))],
    }
    return [
        {
            "purpose": purpose.label.lower(),
            "role": role.role_arn,
            "trust": trust_policy(principal, role.external_id),
            "permissions": [
                *permissions.get(purpose, ()),
                *(text for told in policies_for for text in told(account, purpose)),
            ],
        }
        for purpose in _purposes(account)
        for role in [access_for(account, purpose)]
    ]


def _of(reach: FleetReach, policy: Callable[[FleetReach], str]) -> list[str]:
    return [policy(reach)] if reach else []


def fleet_reach_of(account: Account) -> FleetReach:
    """What the console works on for back ends in an account."""
    callers = _callers(account)
    origins = _distinct(callers, "api_origin")
    products = Product.objects.filter(handler_account__isnull=False)
    sources = products.filter(environments__in=callers).exclude(handler_account=account)
    return FleetReach(
        account_id=account.aws_id,
        region=account.region,
        prefixes=_distinct(callers, "function_prefix"),
        apis=tuple(sorted({own[0] for origin in origins if (own := own_api(origin))})),
        domains=tuple(sorted({name for origin in origins for name in domain_names(origin)})),
        code_buckets=_distinct(callers.exclude(code_bucket=""), "code_bucket"),
        sources=_distinct(sources, "handler_bucket"),
        kept=_distinct(products.filter(handler_account=account), "handler_bucket"),
    )


def _callers(account: Account) -> QuerySet[Environment]:
    """The environments that call functions of this account."""
    return Environment.objects.filter(backend_account=account).exclude(function_prefix="")


def _distinct(rows: QuerySet[Any], field: str) -> tuple[str, ...]:
    return tuple(sorted(set(rows.values_list(field, flat=True))))


def _zones(account: Account) -> list[Zone]:
    return [Zone(*zone) for told in zones_of for zone in told(account)]


def _purposes(account: Account) -> list[Purpose]:
    """The purposes for which the account has a role, in the order of the enumeration."""
    there = set(account.roles.values_list("purpose", flat=True))
    return [purpose for purpose in Purpose if purpose in there]


def _archives(account: Account, environments: Any) -> list[tuple[str, bool]]:
    """`(bucket, whether this account holds it)` of every archive that work here needs."""
    kept = Product.objects.filter(artifact_account=account).values_list("artifact_bucket", flat=True)
    products = {environment.product for environment in environments}
    others = {p.artifact_bucket for p in products if p.artifact_account_id != account.pk}
    return [(name, True) for name in sorted(set(kept))] + [(name, False) for name in sorted(others)]


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
    if purpose == Purpose.DNS:
        for zone in _zones(account):
            yield Right("route53:ChangeResourceRecordSets", zone.zone_id, None, RECORDS_NOT_TRIED)
        return
    if purpose == Purpose.ESTATE:
        yield Right("s3:PutBucketPolicy and the like", account.name, None, RESOURCES_NOT_TRIED)
        return
    for reach in reach_of(account):
        yield from try_rights(door, reach, writes=purpose == Purpose.DEPLOY)
    callers = _callers(account).exclude(api_origin="")
    yield from try_apis(door, set(callers.values_list("api_origin", "function_prefix")))


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
