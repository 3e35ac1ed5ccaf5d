"""What ACM holds: a certificate is issued once its records are found, and renewed while they stay."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

DAY = 86_400.0
VALID = 198 * DAY
PATIENCE = 72 * 3600.0
RENEWED = 60 * DAY
Resolve = Callable[[str, str], list[str]]
"""The values of a name's records of a type, as the world sees them."""


@dataclass
class Certificate:
    """A certificate in one account and Region. `names` has the wildcard too; times are seconds since the epoch."""

    arn: str
    account: str
    region: str
    domain: str
    names: tuple[str, ...]
    token: str
    created: float
    issued: float | None = None
    not_after: float = 0.0
    patience: float = PATIENCE
    tags: dict[str, str] = field(default_factory=dict)

    def proof(self, name: str) -> tuple[str, str]:
        """Name and value of the CNAME that proves a name. AWS: a wildcard has that of the name below it."""
        base = name.removeprefix("*.")
        marks = sha256(f"{self.account} {base}".encode()).hexdigest()
        return f"_{marks[:32]}.{base}.", f"_{marks[32:]}.acm-validations.aws."

    def proved(self, resolve: Resolve) -> bool:
        proofs = {self.proof(name) for name in self.names}
        return all(value in resolve(name, "CNAME") for name, value in proofs)

    def settle(self, now: float, resolve: Resolve) -> None:
        """Issue it, or renew it when its end is near: both need its records."""
        near = self.issued is not None and now > self.not_after - RENEWED
        waits = self.issued is None and now < self.created + self.patience
        if (near or waits) and self.proved(resolve):
            self.issued, self.not_after = now, now + VALID

    def status(self, now: float) -> str:
        if self.issued is None:
            return "PENDING_VALIDATION" if now < self.created + self.patience else "VALIDATION_TIMED_OUT"
        return "ISSUED" if now < self.not_after else "EXPIRED"

    def covers(self, host: str) -> bool:
        """AWS: a wildcard covers one label."""
        return host in self.names or f"*.{host.partition('.')[2]}" in self.names


def new_arn(account: str, region: str) -> str:
    return f"arn:aws:acm:{region}:{account}:certificate/{uuid.uuid4()}"


Certificates = dict[str, Certificate]
"""By ARN, those of all accounts and Regions."""
