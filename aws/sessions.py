"""Who this process is at AWS, and the roles it has taken: once per process, credentials that renew themselves.

AWS: a role reached from another role lasts at most one hour, and botocore renews credentials 15 minutes before
their end, so 3,600 seconds are asked for: much less would ask STS again on nearly every call.
"""

import os
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import botocore.session
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    DeferredRefreshableCredentials,
    ReadOnlyCredentials,
)
from botocore.httpsession import get_cert_path
from botocore.loaders import create_loader

from aws.boto import config
from aws.errors import NoCredentials, Subject

ROLE_SECONDS = 3600
KEPT = 32
EDGE_REGION = "us-east-1"
# AWS: what CloudFront uses of these services is kept there, wherever the rest of the account is.
# It also tells in which Region a bucket is.
OF_THE_EDGE = {
    "s3-regions": "s3",
    "acm": "acm",
    "wafv2": "wafv2",
    "sns": "sns",
    "logs": "logs",
    "edge-metrics": "cloudwatch",
}
SIGN_IN_METHODS = frozenset({"sso", "login"})


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this process is before it takes a role: what the host, the environment or a profile gives it.

    `profile` is one person's sign-in on a laptop. A `service` must not run on one: it ends in the night.
    """

    profile: str = ""
    service: bool = True


@dataclass(frozen=True, slots=True)
class Role:
    """A role to take, and under which names it shows in the account's CloudTrail."""

    arn: str
    external_id: str
    region: str
    session_name: str
    source_identity: str = ""

    def request(self) -> dict[str, Any]:
        """The parameters of AssumeRole besides the ARN."""
        wanted = {
            "RoleSessionName": self.session_name,
            "DurationSeconds": ROLE_SECONDS,
            "ExternalId": self.external_id,
            "SourceIdentity": self.source_identity,
        }
        return {name: value for name, value in wanted.items() if value}


class Clock:
    """AWS's clock as this machine knows it: at most a second or so behind, never ahead.

    A signature that ends after n seconds ends by AWS's clock, so a local clock that runs ahead, or is set while a
    worker runs, would let a late write in. AWS tells the time in whole seconds, cut off; taken as it is, that errs to
    the early side.
    """

    def __init__(self) -> None:
        self._known: tuple[datetime, float] | None = None

    def now(self) -> datetime:
        """The time at AWS, UTC; this machine's as long as AWS has not told it."""
        if self._known is None:
            return datetime.now(UTC)
        told, at = self._known
        return told + timedelta(seconds=_running() - at)

    def observe(self, date: str) -> None:
        """Set the clock by the Date header of an answer that has just arrived; an empty one says nothing."""
        if date:
            self._known = parsedate_to_datetime(date).astimezone(UTC), _running()


def _running() -> float:
    """Seconds on a clock that nobody sets and that goes on while a laptop sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class RoleSession:
    """One role taken by this process: its credentials and its clients, which threads may share.

    `acts_in` is the account that AWS said it acts in, empty before it was asked.
    """

    def __init__(self, identity: Identity, role: Role) -> None:
        base = _base_session(identity)
        self.clock = Clock()
        self.acts_in = ""
        self._region = role.region
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}
        self._credentials = DeferredRefreshableCredentials(
            AssumeRoleCredentialFetcher(
                partial(base.create_client, region_name=role.region, config=config(attempts=3)),
                _source(base, identity),
                role.arn,
                extra_args=role.request(),
            ).fetch_credentials,
            "assume-role",
        )
        self._session = _session()
        # botocore has no public way to give a session credentials that renew themselves.
        self._session._credentials = self._credentials  # type: ignore[attr-defined]

    def client(self, service: str) -> Any:
        """The client of a service, or of what CloudFront uses of it. It makes one attempt a call: `calls.Loop` repeats, under the lease."""
        with self._lock:
            if service not in self._clients:
                region = EDGE_REGION if service in OF_THE_EDGE else self._region
                self._clients[service] = self._session.create_client(
                    OF_THE_EDGE.get(service, service), region, config=config(attempts=1)
                )
            return self._clients[service]

    @property
    def ca_bundle(self) -> str:
        """The file that botocore takes: AWS_CA_BUNDLE or the profile's, REQUESTS_CA_BUNDLE, else the usual authorities."""
        named = self._session.get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE")
        return str(named or get_cert_path(True))

    def follow(self, other: "RoleSession") -> None:
        """Know what an earlier session of the same role found out: AWS's time, and that the account is right."""
        self.clock, self.acts_in = other.clock, other.acts_in

    def credentials(self) -> ReadOnlyCredentials:
        """The keys to sign with now, renewed first when their end is near."""
        return self._credentials.get_frozen_credentials()


def _session(profile: str = "") -> botocore.session.Session:
    session = botocore.session.Session(profile=profile or None)
    # The service models take 0.1 s to load: once per process is enough.
    session.register_component("data_loader", _loader)
    return session


def _base_session(identity: Identity) -> botocore.session.Session:
    if identity.profile and identity.service:
        raise NoCredentials(
            Subject("sts", "sign-in"),
            code="ProfileRefused",
            message=f"the profile {identity.profile!r} is one person's sign-in and this process is a service",
        )
    return _session(identity.profile)


def _source(base: botocore.session.Session, identity: Identity) -> Any:
    """The process's own credentials. Raises NoCredentials when there are none, or a person's for a service."""
    found = base.get_credentials()
    if found is None:
        raise NoCredentials(Subject("sts", "sign-in"), message="this process has no AWS identity")
    if identity.service and found.method in SIGN_IN_METHODS:
        raise NoCredentials(
            Subject("sts", "sign-in"),
            code="ProfileRefused",
            message="this process is a service, and its AWS identity is a person's sign-in, which ends",
        )
    return found


_loader = create_loader()
_lock = threading.Lock()
_sessions: OrderedDict[tuple[object, ...], RoleSession] = OrderedDict()


def _key(identity: Identity, role: Role) -> tuple[object, ...]:
    surroundings = tuple(os.environ.get(name) for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID"))
    return identity, role, surroundings


def role_session(identity: Identity, role: Role) -> RoleSession:
    """This process's session of a role; the same one for the same names. Does not call AWS yet."""
    key = _key(identity, role)
    with _lock:
        if key not in _sessions:
            _sessions[key] = RoleSession(identity, role)
        _sessions.move_to_end(key)
        while len(_sessions) > KEPT:
            _sessions.popitem(last=False)
        return _sessions[key]


def forget(identity: Identity, role: Role, session: RoleSession) -> None:
    """Drop `session`, because AWS no longer accepts its credentials; another thread may have done so before."""
    key = _key(identity, role)
    with _lock:
        if _sessions.get(key) is session:
            del _sessions[key]


def _after_fork() -> None:
    """A child begins with nothing: connections and locks do not survive a fork."""
    global _lock
    _lock = threading.Lock()
    _sessions.clear()


os.register_at_fork(after_in_child=_after_fork)
