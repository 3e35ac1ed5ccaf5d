"""Roles of all accounts, with their policies and since when these hold."""

import secrets
import string
from dataclasses import dataclass, field, replace
from typing import Self

from devcloud.policy import document

_ALPHABET = string.ascii_uppercase + string.digits
READS = ["*:Get*", "*:List*", "*:Head*", "*:Describe*", "apigateway:GET"]
AWS_MANAGED = {
    f"arn:aws:iam::aws:policy/{name}": document({"Effect": "Allow", "Action": actions, "Resource": "*"})
    for name, actions in {
        "AdministratorAccess": ["*"],
        "ReadOnlyAccess": READS,
        "IAMFullAccess": ["iam:*"],
        "AmazonRoute53FullAccess": ["route53:*"],
        "AmazonS3FullAccess": ["s3:*"],
        "CloudFrontFullAccess": ["cloudfront:*"],
        "AWSCertificateManagerFullAccess": ["acm:*"],
        "AWSWAFFullAccess": ["wafv2:*"],
        "AmazonSNSFullAccess": ["sns:*"],
        "CloudWatchFullAccess": ["cloudwatch:*", "logs:*"],
    }.items()
}
"""AWS's own policies, as far as roles of the estate have them at first."""


@dataclass(frozen=True)
class Rights:
    """Who may take a role, and what it may do: policy documents as texts, `attached` and `boundary` as ARNs."""

    trust: str
    inline: tuple[tuple[str, str], ...] = ()
    attached: tuple[str, ...] = ()
    boundary: str = ""

    def with_inline(self, name: str, text: str) -> Self:
        kept = {**dict(self.inline), name: text}
        return replace(self, inline=tuple(sorted(kept.items())))

    def without_inline(self, name: str) -> Self:
        return replace(self, inline=tuple(one for one in self.inline if one[0] != name))


@dataclass
class Role:
    """A role. AWS: what changes of it holds everywhere only some time later; a new one is nobody's until then."""

    account: str
    name: str
    path: str
    rights: Rights
    tags: dict[str, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: "AROA" + "".join(secrets.choice(_ALPHABET) for _ in range(17)))
    _before: list[tuple[float, Rights | None]] = field(default_factory=list)

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:role{self.path}{self.name}"

    def is_born(self, holds_from: float) -> None:
        self._before.append((holds_from, None))

    def change(self, rights: Rights, holds_from: float) -> None:
        self._before.append((holds_from, self.rights))
        self.rights = rights

    def in_force(self, now: float) -> Rights | None:
        """What holds; None before the role can be used at all."""
        self._before = [(until, rights) for until, rights in self._before if until > now]
        return self._before[0][1] if self._before else self.rights


@dataclass
class Roles:
    """Roles by ARN, and the documents of managed policies by theirs."""

    by_arn: dict[str, Role] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=lambda: dict(AWS_MANAGED))

    def named(self, account: str, name: str) -> Role | None:
        """AWS: names are unique in the account, whatever their paths and the size of their letters."""
        mine = (role for role in self.by_arn.values() if role.account == account)
        return next((role for role in mine if role.name.lower() == name.lower()), None)
