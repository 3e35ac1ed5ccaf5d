"""Access keys and roles: who may act, as whom, and for how long."""

import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass

from devcloud.errors import JSON_SERVICES, AwsError
from devcloud.estate import Role
from devcloud.wire import Principal

OPERATIONS_ACCOUNT = "111111111111"
WORKER_KEY = "AKIADEVCLOUDWORKER00"
WORKER_SECRET = "devcloud/worker/secret/of/the/emulated/0"  # noqa: S105 - opens nothing but the emulated cloud
STRANGER_KEY = "AKIADEVCLOUDSTRANGER"
STRANGER_SECRET = "devcloud/stranger/secret/of/emulation/00"  # noqa: S105 - opens nothing but the emulated cloud
WORKER_ARN = f"arn:aws:iam::{OPERATIONS_ACCOUNT}:user/deploy-console-worker"
STRANGER_ARN = f"arn:aws:iam::{OPERATIONS_ACCOUNT}:user/somebody-else"

READING_VERBS = ("Get", "List", "Head", "Describe", "Export")
_ALPHABET = string.ascii_uppercase + "234567"


@dataclass(frozen=True)
class Keys:
    """One access key. Session keys carry a token and end at `expires` (seconds since the epoch)."""

    key_id: str
    secret: str
    principal: Principal
    token: str | None = None
    expires: float | None = None


class Identities:
    """The keys and roles of all accounts."""

    def __init__(self, roles: Iterable[Role]) -> None:
        self.roles = {role.arn: role for role in roles}
        self._keys = {
            keys.key_id: keys
            for keys in (
                Keys(WORKER_KEY, WORKER_SECRET, Principal(OPERATIONS_ACCOUNT, WORKER_ARN)),
                Keys(STRANGER_KEY, STRANGER_SECRET, Principal(OPERATIONS_ACCOUNT, STRANGER_ARN)),
            )
        }

    def find(self, key_id: str) -> Keys | None:
        return self._keys.get(key_id)

    def assume(self, role: Role, session_name: str, expires: float) -> Keys:
        """Give out session keys of the role."""
        name = role.arn.rsplit("/", 1)[1]
        arn = f"arn:aws:sts::{role.account}:assumed-role/{name}/{session_name}"
        keys = Keys(
            key_id="ASIA" + "".join(secrets.choice(_ALPHABET) for _ in range(16)),
            secret=secrets.token_urlsafe(30),
            principal=Principal(role.account, arn, role.purpose, session=True),
            token=secrets.token_urlsafe(96),
            expires=expires,
        )
        self._keys[keys.key_id] = keys
        return keys


def check_purpose(principal: Principal, service: str, operation: str) -> None:
    """Refuse what a role was not made for: a read role only reads, a dns role only keeps records.

    Raises AwsError AccessDenied, which services that speak JSON call AccessDeniedException. AWS: a role can do what its
    policies allow, and each purpose has its own.
    """
    reads = operation.startswith(READING_VERBS)
    allowed = {
        None: True,
        "deploy": True,
        "estate": service != "route53" or reads,
        "read": reads,
        "dns": service == "route53" or reads,
    }
    if service == "sts" or allowed.get(principal.purpose, True):
        return
    raise AwsError(
        "AccessDeniedException" if service in JSON_SERVICES else "AccessDenied",
        403,
        f"User: {principal.arn} is not authorized to perform: {service}:{operation} "
        "because no identity-based policy allows the action",
    )
