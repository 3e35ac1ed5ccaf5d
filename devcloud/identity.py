"""Access keys: who may act, as whom, and for how long."""

import secrets
import string
from dataclasses import dataclass

from devcloud.wire import Principal

OPERATIONS_ACCOUNT = "111111111111"
WORKER_KEY = "AKIADEVCLOUDWORKER00"
WORKER_SECRET = "devcloud/worker/secret/of/the/emulated/0"  # noqa: S105 - opens nothing but the emulated cloud
STRANGER_KEY = "AKIADEVCLOUDSTRANGER"
STRANGER_SECRET = "devcloud/stranger/secret/of/emulation/00"  # noqa: S105 - opens nothing but the emulated cloud
WORKER_ARN = f"arn:aws:iam::{OPERATIONS_ACCOUNT}:user/deploy-console-worker"
STRANGER_ARN = f"arn:aws:iam::{OPERATIONS_ACCOUNT}:user/somebody-else"
OWNER_SECRET = "devcloud/owner/secret/of/the/emulated/00"  # noqa: S105 - opens nothing but the emulated cloud
OWNER_KEY = "AKIAOWNR"
"""With the 12 digits of an account after it: the key of its owner, who may do everything there."""

_ALPHABET = string.ascii_uppercase + "234567"


def owner_keys(account: str) -> dict[str, str]:
    """What an account's owner puts into the environment of the AWS CLI."""
    return {"access_key_id": OWNER_KEY + account, "secret_access_key": OWNER_SECRET}


@dataclass(frozen=True)
class Keys:
    """One access key. Session keys carry a token and end at `expires` (seconds since the epoch)."""

    key_id: str
    secret: str
    principal: Principal
    token: str | None = None
    expires: float | None = None


class Identities:
    """The keys of all accounts."""

    def __init__(self) -> None:
        self._keys = {
            keys.key_id: keys
            for keys in (
                Keys(WORKER_KEY, WORKER_SECRET, Principal(OPERATIONS_ACCOUNT, WORKER_ARN)),
                Keys(STRANGER_KEY, STRANGER_SECRET, Principal(OPERATIONS_ACCOUNT, STRANGER_ARN)),
            )
        }

    def find(self, key_id: str) -> Keys | None:
        account = key_id.removeprefix(OWNER_KEY)
        if len(account) == len(key_id) - len(OWNER_KEY) and account.isdigit():
            return Keys(key_id, OWNER_SECRET, Principal(account, f"arn:aws:iam::{account}:user/owner"))
        return self._keys.get(key_id)

    def assume(self, role_arn: str, session_name: str, expires: float) -> Keys:
        """Give out session keys of the role."""
        account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[1]
        arn = f"arn:aws:sts::{account}:assumed-role/{name}/{session_name}"
        keys = Keys(
            key_id="ASIA" + "".join(secrets.choice(_ALPHABET) for _ in range(16)),
            secret=secrets.token_urlsafe(30),
            principal=Principal(account, arn, session=True, role_arn=role_arn),
            token=secrets.token_urlsafe(96),
            expires=expires,
        )
        self._keys[keys.key_id] = keys
        return keys
