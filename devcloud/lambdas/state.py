"""What Lambda holds. The status of an update is never stored: it follows from the clock."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import uuid4

from devcloud.errors import AwsError
from devcloud.lambdas.limits import Limits

LATEST = "$LATEST"
Shown = dict[str, Any]


def new_revision() -> str:
    return str(uuid4())


@dataclass(frozen=True)
class Code:
    """A deployment package: the bytes of its zip."""

    body: bytes

    @classmethod
    def of(cls, body: bytes) -> "Code":
        return cls(body)

    @cached_property
    def sha256(self) -> str:
        """AWS: CodeSha256 is the SHA-256 of the zip in base64."""
        return base64.b64encode(hashlib.sha256(self.body).digest()).decode()

    @property
    def size(self) -> int:
        return len(self.body)


@dataclass(frozen=True)
class Settings:
    """The configuration that a function begins with. `environment` is names and values, `memory` MB, `timeout` seconds."""

    environment: tuple[tuple[str, str], ...] = ()
    runtime: str = "nodejs20.x"
    handler: str = "index.handler"
    memory: int = 256
    timeout: int = 15
    architecture: str = "x86_64"

    def shown(self, account: str) -> Shown:
        """As the API names it."""
        return {
            "Runtime": self.runtime,
            "Handler": self.handler,
            "Role": f"arn:aws:iam::{account}:role/handlers",
            "Description": "",
            "Timeout": self.timeout,
            "MemorySize": self.memory,
            "Architectures": [self.architecture],
            "Environment": {"Variables": dict(self.environment)},
        }


@dataclass(frozen=True)
class Snapshot:
    """Code and configuration at one moment: `$LATEST`, or what a version froze. `settings` as the API names them."""

    code: Code
    settings: Mapping[str, Any]
    modified: float
    number: str = LATEST
    revision: str = field(default_factory=new_revision)

    def same_as(self, other: "Snapshot") -> bool:
        """Whether code and configuration are the same. A description belongs to a version, not to what it does."""
        mine, others = ({**each.settings, "Description": ""} for each in (self, other))
        return self.code.sha256 == other.code.sha256 and mine == others


@dataclass(frozen=True)
class Failure:
    """Why an update failed: AWS's LastUpdateStatusReasonCode and LastUpdateStatusReason."""

    code: str
    reason: str


@dataclass(frozen=True)
class Update:
    """An update that is in progress until `ends` (seconds since the epoch), and how it will end."""

    ends: float
    before: Snapshot
    failure: Failure | None


@dataclass
class Alias:
    """A name for a version; `routing` may send a part of the calls to another one."""

    name: str
    number: str
    description: str = ""
    routing: Mapping[str, Any] = field(default_factory=dict)
    revision: str = field(default_factory=new_revision)


class Function:
    """One function: `$LATEST`, the versions published from it by number, and its aliases by name.

    `calls` is how often it was called, `fails` by the SHA-256 of code every how many calls that code fails.
    """

    def __init__(
        self, account: str, region: str, name: str, code: Code, settings: Settings, now: float
    ) -> None:
        self.account, self.region, self.name = account, region, name
        self.latest = Snapshot(code, settings.shown(account), now)
        self.versions: dict[str, Snapshot] = {}
        self.aliases: dict[str, Alias] = {}
        self.published = 0
        self.update: Update | None = None
        self.failure: Failure | None = None
        self.calls = 0
        self.fails: dict[str, int] = {}

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{self.name}"

    @property
    def snapshots(self) -> list[Snapshot]:
        return [self.latest, *self.versions.values()]

    def begin(self, wanted: Snapshot, ends: float, failure: Failure | None) -> None:
        """Start an update of `$LATEST`."""
        self.update, self.failure = Update(ends, self.latest, failure), None
        self.latest = wanted

    def settle(self, now: float) -> None:
        """Bring an update that is over to its end.

        AWS: the revision id changes once more when an update ends, and a function whose update failed keeps its
        code and configuration.
        """
        update = self.update
        if update is None or now < update.ends:
            return
        kept = self.latest if update.failure is None else update.before
        self.latest = replace(kept, revision=new_revision())
        self.update, self.failure = None, update.failure

    @property
    def called(self) -> Snapshot:
        """What callers run: what `live` names, or `$LATEST` where there is no `live`.

        AWS: during an update the code from before it goes on running.
        """
        live = self.aliases.get("live")
        if live is not None and live.number in self.versions:
            return self.versions[live.number]
        return self.latest if self.update is None else self.update.before

    def snapshot(self, qualifier: str | None) -> Snapshot:
        """What a version number or an alias stands for. Raises AwsError ResourceNotFoundException."""
        alias = self.aliases.get(qualifier or "")
        number = alias.number if alias is not None else qualifier
        if number in (None, LATEST):
            return self.latest
        if number not in self.versions:
            raise not_found(f"{self.arn}:{qualifier}")
        return self.versions[number]

    def point(self, name: str, number: str) -> None:
        """Make an alias that names a version."""
        self.aliases[name] = Alias(name, number)

    def publish(self, now: float, description: str | None = None) -> Snapshot:
        """Freeze `$LATEST` as a version. AWS: unchanged since the last one, that one is the answer."""
        last = self.versions.get(str(self.published))
        if last is not None and last.same_as(self.latest):
            return last
        self.published += 1
        number = str(self.published)
        named = {} if description is None else {"Description": description}
        frozen = Snapshot(self.latest.code, {**self.latest.settings, **named}, now, number)
        self.versions[number] = frozen
        return frozen

    def shown(self, snapshot: Snapshot, qualifier: str | None = None) -> Shown:
        """The configuration as lists show it, which is without State and LastUpdateStatus.

        AWS: the revision is that of what was asked for, by an alias the alias's own.
        """
        alias = self.aliases.get(qualifier or "")
        return {
            **snapshot.settings,
            "FunctionName": self.name,
            "FunctionArn": f"{self.arn}:{qualifier}" if qualifier else self.arn,
            "CodeSha256": snapshot.code.sha256,
            "CodeSize": snapshot.code.size,
            "LastModified": iso_date(snapshot.modified),
            "Version": snapshot.number,
            "RevisionId": alias.revision if alias else snapshot.revision,
            "PackageType": "Zip",
        }

    def shown_whole(self, snapshot: Snapshot, qualifier: str | None = None) -> Shown:
        """The configuration as GetFunction shows it. AWS: a published version never changes, so it is Successful."""
        status: Shown = {"State": "Active", "LastUpdateStatus": "Successful"}
        if snapshot is self.latest and self.update is not None:
            status["LastUpdateStatus"] = "InProgress"
        elif snapshot is self.latest and self.failure is not None:
            status["LastUpdateStatus"] = "Failed"
            status["LastUpdateStatusReason"] = self.failure.reason
            status["LastUpdateStatusReasonCode"] = self.failure.code
        return self.shown(snapshot, qualifier) | status


@dataclass
class Planned:
    """Updates of one function that are to fail: how, and how many more."""

    failure: Failure
    count: int


@dataclass
class Lambdas:
    """All of Lambda over all accounts. Functions are by account and Region and then by name; what is to go wrong is by
    account and name: updates that fail (`planned`), and what CloudWatch tells per minute (`errors`)."""

    functions: dict[tuple[str, str], dict[str, Function]] = field(default_factory=dict)
    planned: dict[tuple[str, str], Planned] = field(default_factory=dict)
    errors: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    def of(self, account: str, region: str) -> dict[str, Function]:
        """The functions of an account in a Region, by name."""
        return self.functions.setdefault((account, region), {})

    def fail(self, account: str, name: str, code: str, reason: str, count: int) -> None:
        """Have the next `count` updates of a function's code end as Failed."""
        self.planned[account, name] = Planned(Failure(code, reason), count)

    def next_failure(self, function: Function) -> Failure | None:
        """How the update that begins now is to fail; None when it is to succeed."""
        place = function.account, function.name
        planned = self.planned.get(place)
        if planned is None:
            return None
        planned.count -= 1
        if planned.count <= 0:
            del self.planned[place]
        return planned.failure


def not_found(arn: str) -> AwsError:
    return AwsError("ResourceNotFoundException", 404, f"Function not found: {arn}", fields={"Type": "User"})


def iso_date(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
