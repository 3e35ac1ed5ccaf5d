"""What travels through the front door: one signed request, one reply."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote


@dataclass(frozen=True)
class Principal:
    """Who signed a request. `account` is the 12-digit id whose resources it acts on.

    `role_arn` is the IAM role behind an assumed-role session, as bucket policies name it.
    """

    account: str
    arn: str
    session: bool = False
    role_arn: str | None = None


ANONYMOUS = Principal(account="", arn="")


@dataclass
class Request:
    """One HTTP request as it came in. Header names are lower case; `raw_path` and `raw_query` are still encoded."""

    method: str
    raw_path: str
    raw_query: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)
    principal: Principal = ANONYMOUS
    service: str = "s3"
    region: str = "us-east-1"
    operation: str = ""
    resource: str = ""
    request_id: str = ""
    now: float = 0.0

    @property
    def path(self) -> str:
        return unquote(self.raw_path)

    def header(self, name: str) -> str | None:
        return self.headers.get(name)


@dataclass(frozen=True)
class Reply:
    """The answer of a service, before the front door adds the request id."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
