"""What a role's policies allow."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from devcloud.errors import JSON_SERVICES, AwsError
from devcloud.iam.state import Rights, Roles
from devcloud.policy import ALLOW, DENY, evaluate
from devcloud.wire import Principal

Context = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Need:
    """An action that a call needs, and on what; `resource` is "" where the emulated cloud does not know it.

    `context` holds the condition keys of the call in small letters.
    """

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)


def may_be_taken(
    rights: Rights | None, principal: Principal, arn: str, context: Context, *, source: bool = False
) -> bool:
    """Whether the trust policy lets this principal take the role. AWS: a `source` identity needs a right of its own."""
    if rights is None:
        return False
    actions = ["sts:AssumeRole", *(["sts:SetSourceIdentity"] if source else [])]
    return all(evaluate(rights.trust, principal, action, arn, context) == ALLOW for action in actions)


def check_rights(principal: Principal, service: str, needs: Iterable[Need], roles: Roles, now: float) -> None:
    """Refuse what the role's policies, or its boundary, do not allow.

    Raises AwsError AccessDenied, which services that speak JSON call AccessDeniedException, but for CloudWatch, which
    keeps the codes of its older protocol. AWS: a boundary allows
    nothing by itself, and what it does not name is refused whatever the policies say.
    """
    role = roles.by_arn.get(principal.role_arn or "")
    if service == "sts" or principal.role_arn is None:
        return
    rights = role.in_force(now) if role else None
    for need in needs:
        what = _refused_by(rights, need, roles) if rights else "identity-based policy"
        if what:
            raise _denied(principal, service, need, what)


def allows(rights: Rights, need: Need, roles: Roles) -> bool:
    """Whether its policies allow it, and the boundary, where there is one, does too."""
    return not _refused_by(rights, need, roles)


def _refused_by(rights: Rights, need: Need, roles: Roles) -> str:
    """What does not allow it, as AWS words it; "" when it is allowed. AWS: a Deny in one policy beats an Allow in another."""
    own = [*(text for _, text in rights.inline), *(roles.policies[arn] for arn in rights.attached)]
    if not _grant(own, need):
        return "identity-based policy"
    limit = [roles.policies.get(rights.boundary, "")]
    return "permissions boundary" if rights.boundary and not _grant(limit, need) else ""


def _grant(texts: Iterable[str], need: Need) -> bool:
    verdicts = {evaluate(text, None, need.action, need.resource, need.context) for text in texts}
    return ALLOW in verdicts and DENY not in verdicts


def _denied(principal: Principal, service: str, need: Need, what: str) -> AwsError:
    by_query_names = service not in JSON_SERVICES or service == "monitoring"
    return AwsError(
        "AccessDenied" if by_query_names else "AccessDeniedException",
        403,
        f"User: {principal.arn} is not authorized to perform: {need.action} on resource: {need.resource or '*'} "
        f"because no {what} allows the {need.action} action",
    )
