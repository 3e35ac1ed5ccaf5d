"""The way into an AWS account: take its role, make sure that it is the right account, and make calls there."""

import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from botocore import xform_name
from botocore.credentials import ReadOnlyCredentials

from aws.boto import request_id, translated
from aws.calls import PATIENCE_SECONDS, Answer, Loop
from aws.errors import Subject, WrongAccount
from aws.lease import Lease, Record
from aws.pace import UNPACED, Pace
from aws.sessions import Clock, Identity, Role, RoleSession, forget, role_session

WORKER = Identity()

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Access:
    """How workers reach an account for one purpose. `region` is where its buckets are."""

    account_id: str
    region: str
    role_arn: str
    external_id: str


class Account:
    """An open door into one account.

    Every attempt of every call asks `pace` and `lease` first and is told to `record`. May be used by several threads.
    """

    def __init__(
        self,
        access: Access,
        identity: Identity,
        role: Role,
        lease: Lease,
        record: Record,
        pace: Pace = UNPACED,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.access, self.lease, self.record = access, lease, record
        self._identity, self._role = identity, role
        self._session = self._open()
        self._loop = Loop(lease, record, self.renew, patience, pace)

    @property
    def account_id(self) -> str:
        """The twelve digits."""
        return self.access.account_id

    @property
    def region(self) -> str:
        """Where its buckets are."""
        return self.access.region

    @property
    def clock(self) -> Clock:
        """AWS's time."""
        return self._session.clock

    def elsewhere(self, region: str) -> "Account":
        """The same role where buckets of another Region are. AWS: a bucket answers in its own Region alone."""
        if region == self.region:
            return self
        access, role = replace(self.access, region=region), replace(self._role, region=region)
        return Account(access, self._identity, role, self.lease, self.record)

    def read(self, service: str, operation: str, resource: str, **parameters: Any) -> dict[str, Any]:
        """Make a call that changes nothing. `operation` is AWS's name, `resource` what to call its subject."""
        return self._call(service, operation, resource, False, parameters)

    def write(self, service: str, operation: str, resource: str, **parameters: Any) -> dict[str, Any]:
        """Make a call that changes something. It is repeated after a lost answer: it must bear being made twice."""
        return self._call(service, operation, resource, True, parameters)

    def download(self, service: str, operation: str, resource: str, body: str, **parameters: Any) -> bytes:
        """Make a call whose answer streams its member `body`, and read that whole before it counts as an answer."""
        subject = Subject(service, operation, self.account_id, resource)

        def once() -> tuple[bytes, Answer]:
            with translated(subject, self._identity.profile):
                answer = getattr(self.client(service), xform_name(operation))(**parameters)
                with closing(answer[body]) as stream:
                    return stream.read(), Answer(request_id(answer), 200)

        return self.repeat(subject, once, writes=False)

    def _call(
        self, service: str, operation: str, resource: str, writes: bool, parameters: dict[str, Any]
    ) -> dict[str, Any]:
        subject = Subject(service, operation, self.account_id, resource)

        def once() -> tuple[dict[str, Any], Answer]:
            with translated(subject, self._identity.profile):
                answer = getattr(self.client(service), xform_name(operation))(**parameters)
            return answer, Answer(request_id(answer), answer["ResponseMetadata"]["HTTPStatusCode"])

        return self.repeat(subject, once, writes=writes)

    def repeat(self, subject: Subject, once: Callable[[], tuple[T, Answer]], *, writes: bool) -> T:
        """Call `once` until it answers, as `read` and `write` do. For this package's own modules."""
        return self._loop.run(subject, once, writes=writes)

    def client(self, service: str) -> Any:
        """The boto client of a service, which makes one attempt a call. For this package's own modules."""
        return self._session.client(service)

    @property
    def ca_bundle(self) -> str:
        """The file of the certificate authorities that its clients trust."""
        return self._session.ca_bundle

    def credentials(self) -> ReadOnlyCredentials:
        """The role's keys, renewed when their end is near. Raises RoleRefused and the like."""
        with translated(self._taking_role(), self._identity.profile):
            return self._session.credentials()

    def renew(self, refused: ReadOnlyCredentials | None = None) -> None:
        """Take the role anew, because AWS refused the present credentials.

        With `refused` only if those are still the ones in use: several calls may find out at the same time.
        """
        if refused is not None and refused != self.credentials():
            return
        known = self._session
        forget(self._identity, self._role, known)
        self._session = self._open()
        self._session.follow(known)

    def _open(self) -> RoleSession:
        with translated(self._taking_role(), self._identity.profile):
            return role_session(self._identity, self._role)

    def _taking_role(self) -> Subject:
        return Subject("sts", "AssumeRole", self.account_id, self.access.role_arn)

    def check_account(self) -> None:
        """Make sure that the credentials act in this account; AWS is asked once per session. Raises WrongAccount."""
        session, asked = self._session, ""
        if not session.acts_in:
            self.credentials()
            found = self.read("sts", "GetCallerIdentity", self.access.role_arn)
            asked, session.acts_in = request_id(found), found["Account"]
            session.clock.observe(found["ResponseMetadata"]["HTTPHeaders"].get("date", ""))
        # Two accounts that name one role share its session, so each time what was found is compared.
        if session.acts_in != self.account_id:
            raise WrongAccount(
                Subject("sts", "GetCallerIdentity", self.account_id, self.access.role_arn),
                message=f"the role acts in account {session.acts_in}",
                request_id=asked,
            )


def _name(text: str) -> str:
    """AWS: session names and source identities have 2 to 64 characters of letters, digits and +=,.@_-."""
    return re.sub(r"[^A-Za-z0-9_+=,.@-]", "-", text)[:64]


def connect(
    access: Access,
    *,
    session_name: str,
    lease: Lease,
    record: Record,
    source_identity: str = "",
    identity: Identity = WORKER,
    pace: Pace = UNPACED,
    patience: float = PATIENCE_SECONDS,
) -> Account:
    """Open the door into an account, and make sure that it leads into this account.

    `session_name` says which work this is and `source_identity` for whom; both show in the account's CloudTrail.
    `pace` is for calls that AWS counts, `patience` how many seconds one call is repeated. Raises RoleRefused,
    WrongAccount, NoCredentials, SignInExpired, Unavailable, or what the lease or the pace raises.
    """
    role = Role(
        access.role_arn, access.external_id, access.region, _name(session_name), _name(source_identity)
    )
    account = Account(access, identity, role, lease, record, pace, patience)
    account.check_account()
    return account
