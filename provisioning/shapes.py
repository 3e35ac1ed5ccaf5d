"""What AWS resources are like, as far as the console keeps them: equal shapes need no change.

References to other resources are their names, not AWS's ids: these are known only once the resources are there.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, NamedTuple

from pydantic import TypeAdapter

Json = dict[str, Any]


class Address(NamedTuple):
    """Which resource: its kind, the 12 digits of its account, and its name there."""

    kind: str
    account: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name} in account {self.account}"


class Shape:
    """The settings of a resource of one kind."""

    kind: ClassVar[str]

    def as_json(self) -> Json:
        return dict(_adapter(self.kind).dump_python(self, mode="json"))


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(SHAPES[kind])


def shape_of(kind: str, stored: Json) -> Shape:
    """The shape that `as_json` wrote. Raises KeyError for a kind that this version of the console does not know."""
    found = _adapter(kind).validate_python(stored)
    assert isinstance(found, Shape)
    return found


@dataclass(frozen=True, kw_only=True)
class Expiry:
    """A lifecycle rule for all keys below `prefix`; days are whole, None is never.

    `noncurrent_days` after which old versions go, but for the newest `kept`; `abort_days` after which an unfinished
    upload goes; `archive_days` after which objects move to Glacier Instant Retrieval; `expire_days` after which they go.
    """

    id: str
    prefix: str = ""
    noncurrent_days: int | None = None
    kept: int | None = None
    abort_days: int | None = None
    delete_markers: bool = False
    archive_days: int | None = None
    expire_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class Bucket(Shape):
    """An S3 bucket. Of `tags` only the console's own are kept, sorted; others stay as they are.

    `rules` are all of its lifecycle; one that the console cannot say is `other`, by its id.
    """

    kind: ClassVar[str] = "bucket"

    region: str
    versioning: bool = True
    public_access_blocked: bool = True
    ownership: str = "BucketOwnerEnforced"
    encryption: str = "AES256"
    rules: tuple[Expiry, ...] = ()
    other: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One condition of a statement; a distribution's ARN is written as its name where it is one of ours."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of a policy; lists are sorted. `principals` are `Service:…` or `AWS:…`.

    A role's policy names no principals, and who may take a role no resources.
    """

    sid: str
    effect: str = "Allow"
    principals: tuple[str, ...] = ()
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BucketPolicy(Shape):
    """Who besides the bucket's account may use it: all statements, in order of their Sids."""

    kind: ClassVar[str] = "bucket-policy"

    statements: tuple[Statement, ...]


@dataclass(frozen=True, kw_only=True)
class Replication(Shape):
    """What has S3 copy each new object of a bucket `to` another one, as the role of this name.

    With `deletions` what is deleted here is deleted there; both keep old versions. `only` narrows it to some objects and
    `changed` is what else somebody has S3 make of a copy, both as AWS words them. `other` rules are told by their ids.
    """

    kind: ClassVar[str] = "replication"

    role: str
    to: str
    enabled: bool = True
    deletions: bool = True
    only: str = ""
    changed: str = ""
    other: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AccessControl(Shape):
    """An origin access control: how a distribution signs its requests to S3."""

    kind: ClassVar[str] = "access-control"

    signing: str = "always"
    protocol: str = "sigv4"
    origin: str = "s3"


@dataclass(frozen=True, kw_only=True)
class CachePolicy(Shape):
    """How long the edge keeps answers, in seconds; nothing but the path tells them apart.

    `minimum` holds against what the origin says, `default` where it says nothing, `maximum` caps it. `keys` are the kinds
    of headers, cookies and query parameters that tell answers apart besides.
    """

    kind: ClassVar[str] = "cache-policy"

    minimum: int = 0
    default: int
    maximum: int
    gzip: bool = True
    brotli: bool = True
    keys: tuple[str, ...] = ("cookies none", "headers none", "query none")


@dataclass(frozen=True, kw_only=True)
class HeadersPolicy(Shape):
    """The response headers that the edge adds; each replaces the origin's. Seconds of HSTS; "" and 0 are none.

    `other` names what the policy adds besides, which the console does not keep.
    """

    kind: ClassVar[str] = "headers-policy"

    hsts_seconds: int = 0
    hsts_subdomains: bool = False
    content_security: str = ""
    frames: str = ""
    referrer: str = ""
    nosniff: bool = False
    other: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EdgeFunction(Shape):
    """A CloudFront function as viewers meet it: its published code."""

    kind: ClassVar[str] = "function"

    runtime: str = "cloudfront-js-2.0"
    code: str


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a distribution fetches from: a bucket by its `access_control`, or an address over https."""

    id: str
    domain: str
    path: str = ""
    access_control: str = ""
    protocol: str = ""
    read_seconds: int = 0
    shield: str = ""


@dataclass(frozen=True, kw_only=True)
class Behavior:
    """What the edge does with the paths of a pattern. Policies and the function are by name."""

    path: str
    origin: str
    methods: tuple[str, ...]
    viewers: str
    compress: bool
    cache: str
    request: str = ""
    headers: str = ""
    functions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ErrorAnswer:
    """What the edge answers, and how many seconds it keeps that, where an origin answered with an error."""

    id: str
    seconds: int
    page: str = ""
    status: str = ""


@dataclass(frozen=True, kw_only=True)
class Distribution(Shape):
    """A CloudFront distribution. `behaviors` in the order in which they are tried, the one for all other paths last.

    `certificate` and `web_acl` are by name, "" without one; `tls` is the oldest protocol that viewers may speak.
    """

    kind: ClassVar[str] = "distribution"

    enabled: bool = True
    aliases: tuple[str, ...]
    comment: str
    root: str = "index.html"
    origins: tuple[Origin, ...]
    behaviors: tuple[Behavior, ...]
    errors: tuple[ErrorAnswer, ...]
    price_class: str
    http: str = "http2and3"
    ipv6: bool = True
    certificate: str = ""
    tls: str = "TLSv1"
    web_acl: str = ""


@dataclass(frozen=True, kw_only=True)
class Monitoring(Shape):
    """The additional metrics of a distribution, by its name: cache hit rate, origin latency, errors by code. They cost extra."""

    kind: ClassVar[str] = "monitoring"

    status: str = "Enabled"


@dataclass(frozen=True, kw_only=True)
class Topic(Shape):
    """The SNS topic to which a product's alarms are told; who hears of them subscribes there."""

    kind: ClassVar[str] = "topic"

    title: str


@dataclass(frozen=True, kw_only=True)
class Alarm(Shape):
    """A CloudWatch alarm: `metric` of a distribution or certificate, by kind and name, is above or below `threshold`.

    In `times` of the last `periods` periods of `seconds`. With fewer than `requests` in one nothing is said. `told`: its
    actions are enabled; `gaps` is what periods without data count for.
    """

    kind: ClassVar[str] = "alarm"

    of: str
    metric: str
    statistic: str = "Average"
    comparison: str
    threshold: float
    requests: int = 0
    seconds: int
    periods: int
    times: int
    topics: tuple[str, ...]
    told: bool = True
    gaps: str = "notBreaching"


@dataclass(frozen=True, kw_only=True)
class LogDestination(Shape):
    """Where access logs are delivered: a bucket of its account. `accounts` besides may deliver there, sorted."""

    kind: ClassVar[str] = "log-destination"

    bucket: str
    format: str = "json"
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LogDelivery(Shape):
    """The delivery of a distribution's access logs, by its name, to a destination by `account/name`; "" is none."""

    kind: ClassVar[str] = "log-delivery"

    destination: str
    path: str = ""


@dataclass(frozen=True, kw_only=True)
class Zone(Shape):
    """A public hosted zone; its records are resources of their own."""

    kind: ClassVar[str] = "zone"

    private: bool = False


@dataclass(frozen=True, kw_only=True)
class Certificate(Shape):
    """A certificate of ACM in us-east-1 for these names, sorted. Whether it is issued, AWS decides."""

    kind: ClassVar[str] = "certificate"

    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Proof(Shape):
    """The CNAME that proves a domain to the certificate of an account: `certificate` while it is what ACM asks for.

    AWS: it must stay, else the certificate is not renewed.
    """

    kind: ClassVar[str] = "proof"

    answer: str = "certificate"
    ttl: int = 300


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule of a web ACL: a group of AWS's, or a limit of requests in five minutes from one address.

    `action` is count or block; `statement` names what the console does not keep.
    """

    id: str
    priority: int
    group: str = ""
    limit: int = 0
    action: str = "count"
    statement: str = ""


@dataclass(frozen=True, kw_only=True)
class WebAcl(Shape):
    """A web ACL of CloudFront; rules in the order of their priorities."""

    kind: ClassVar[str] = "web-acl"

    default: str = "allow"
    rules: tuple[Rule, ...]


@dataclass(frozen=True, kw_only=True)
class Record:
    """A record set of a hostname. `id` is its type; an alias leads to a distribution by `account/name`, or by its domain."""

    id: str
    alias: str = ""
    values: tuple[str, ...] = ()
    ttl: int = 0


@dataclass(frozen=True, kw_only=True)
class HostRecords(Shape):
    """Where a hostname leads: its A, AAAA and CNAME records, sorted. Others of the name are not the console's."""

    kind: ClassVar[str] = "host-records"

    records: tuple[Record, ...]


@dataclass(frozen=True, kw_only=True)
class Role(Shape):
    """An IAM role: who may take it, and the managed policy that its rights never go beyond, by its ARN.

    Of `tags` only the console's own are kept, sorted; others stay as they are.
    """

    kind: ClassVar[str] = "role"

    path: str = "/"
    trust: tuple[Statement, ...]
    boundary: str = ""
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class RolePolicy(Shape):
    """What a role may do, in order of the Sids. `other_policies` are those that somebody gave it besides: ARNs, or names of inline ones."""

    kind: ClassVar[str] = "role-policy"

    statements: tuple[Statement, ...]
    other_policies: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DeployPolicy(RolePolicy):
    """What a role that deploys may do, which names distributions: it is written once these are there."""

    kind: ClassVar[str] = "deploy-policy"


SHAPES: dict[str, type[Shape]] = {
    one.kind: one
    for one in (
        Role,
        RolePolicy,
        Bucket,
        Replication,
        AccessControl,
        CachePolicy,
        HeadersPolicy,
        EdgeFunction,
        Zone,
        Certificate,
        Proof,
        WebAcl,
        Distribution,
        DeployPolicy,
        BucketPolicy,
        Monitoring,
        Topic,
        Alarm,
        LogDestination,
        LogDelivery,
        HostRecords,
    )
}
"""Every kind that there is, in the order in which resources are made."""

KEPT_FOR_EVER = frozenset({"zone", "certificate", "proof", "role", "role-policy", "deploy-policy"})
"""No plan deletes these: mail and other names depend on a zone, a certificate costs nothing and ends by itself, and without
its roles the console is locked out."""
