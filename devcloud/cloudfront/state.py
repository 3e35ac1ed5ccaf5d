"""What CloudFront holds. Status is never stored: it follows from the clock."""

import secrets
import string
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

_ALPHABET = string.ascii_uppercase + string.digits
Config = dict[str, Any]


def new_id(prefix: str, length: int = 13) -> str:
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(length))


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@dataclass
class Invalidation:
    """One invalidation. It is done, at the edge too, at `completes` (seconds since the epoch)."""

    id: str
    batch: Config
    created: float
    completes: float

    @property
    def paths(self) -> list[str]:
        return list(self.batch["Paths"].get("Items", []))

    def status(self, now: float) -> str:
        return "Completed" if now >= self.completes else "InProgress"

    def shown(self, now: float) -> Config:
        return {
            "Id": self.id,
            "Status": self.status(now),
            "CreateTime": moment(self.created),
            "InvalidationBatch": self.batch,
        }


@dataclass
class Distribution:
    """One distribution. A new configuration reaches the edge when it is deployed, at `deployed`."""

    id: str
    account: str
    domain: str
    config: Config
    modified: float
    deployed: float
    etag: str = field(default_factory=lambda: new_id("E"))
    before: Config | None = None
    metrics: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    invalidations: list[Invalidation] = field(default_factory=list)

    @property
    def arn(self) -> str:
        return f"arn:aws:cloudfront::{self.account}:distribution/{self.id}"

    @property
    def aliases(self) -> list[str]:
        return list(self.config["Aliases"].get("Items", []))

    def status(self, now: float) -> str:
        return "Deployed" if now >= self.deployed else "InProgress"

    def edge_config(self, now: float) -> Config | None:
        """The configuration that the edge works by; None while a new distribution is not deployed yet."""
        return self.config if now >= self.deployed else self.before

    def update(self, config: Config, now: float, deployed: float) -> None:
        self.before = self.edge_config(now)
        self.config = config
        self.modified = now
        self.deployed = deployed
        self.etag = new_id("E")

    def in_progress(self, now: float) -> list[Invalidation]:
        return [each for each in self.invalidations if each.status(now) == "InProgress"]

    def shown(self, now: float) -> Config:
        return {
            "Id": self.id,
            "ARN": self.arn,
            "Status": self.status(now),
            "LastModifiedTime": moment(self.modified),
            "InProgressInvalidationBatches": len(self.in_progress(now)),
            "DomainName": self.domain,
            "ActiveTrustedSigners": {"Enabled": False, "Quantity": 0},
            "ActiveTrustedKeyGroups": {"Enabled": False, "Quantity": 0},
            "DistributionConfig": deepcopy(self.config),
        }


@dataclass
class Named:
    """A resource with an id, a configuration and an ETag: origin access control, cache policy and the like."""

    id: str
    account: str
    config: Config
    modified: float
    etag: str = field(default_factory=lambda: new_id("E"))


@dataclass(frozen=True)
class FunctionStage:
    """A function's configuration and code in one stage."""

    config: Config
    code: bytes
    modified: float
    etag: str = field(default_factory=lambda: new_id("E"))


@dataclass
class EdgeFunction:
    """A CloudFront function; `live` is what was published."""

    name: str
    account: str
    development: FunctionStage
    live: FunctionStage | None = None

    @property
    def arn(self) -> str:
        return f"arn:aws:cloudfront::{self.account}:function/{self.name}"

    def stage(self, name: str) -> FunctionStage | None:
        return self.live if name == "LIVE" else self.development


@dataclass
class Cdn:
    """All of CloudFront over all accounts: distributions by id, functions by account and name, other resources by kind
    and id."""

    distributions: dict[str, Distribution] = field(default_factory=dict)
    named: dict[str, dict[str, Named]] = field(default_factory=dict)
    functions: dict[tuple[str, str], EdgeFunction] = field(default_factory=dict)

    def add_named(self, kind: str, resource: Named) -> Named:
        self.named.setdefault(kind, {})[resource.id] = resource
        return resource
